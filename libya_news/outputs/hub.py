"""Publishing to the Hugging Face Hub, through its own client and its own login (``hf auth login``, or ``HF_TOKEN``)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from libya_news.errors import EnvironmentFaultError, ReleaseExistsError, UsageError
from libya_news.records import MANIFEST, Release, sha256_hex

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SCHEME: Final = "hf://datasets/"

_FORBIDDEN: Final = (401, 403)
"""Status codes that say who is asking may not."""


def send(release: Release, address: str) -> str:
    """Upload a release to ``hf://datasets/ORG/NAME`` and tag it, and return where it lies.

    One commit holds exactly the files of the release; then the tag ``vX.Y.Z`` is set, so that
    ``load_dataset("ORG/NAME", revision="vX.Y.Z")`` gives that version for ever. A broken upload leaves the tag unset;
    running it again sends only what has not arrived.

    Raises:
        UsageError: the address is none, or the Hub refuses who is asking.
        ReleaseExistsError: the tag is there, on another release.
        EnvironmentFaultError: the Hub cannot be reached, or the upload broke off.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415 - slow to import
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # noqa: PLC0415

    repository, tag = address.removeprefix(SCHEME).strip("/"), tag_of(release)
    place = f"{SCHEME}{repository}@{tag}"
    if repository.count("/") != 1:
        raise _no_dataset(address)
    try:
        _upload(HfApi(), repository, tag, release)
    except HFValidationError:
        raise _no_dataset(address) from None
    except HfHubHTTPError as error:
        code = error.response.status_code
        if code in _FORBIDDEN:
            raise UsageError(
                f"The Hub refuses to write {place} ({code}).", "Run hf auth login with a token that may write."
            ) from None
        raise EnvironmentFaultError(f"The Hub answered {code} on {place}.", _AGAIN) from None
    except (OSError, _transport_error()) as error:
        raise EnvironmentFaultError(f"Cannot reach the Hub for {place}: {type(error).__name__}.", _AGAIN) from None
    except RuntimeError as error:  # what the client makes of a file that could not be sent
        raise EnvironmentFaultError(f"The upload to {place} broke off: {error}", _AGAIN) from None
    return place


def tag_of(release: Release) -> str:
    """The tag of a release on the Hub: ``vX.Y.Z``, and which erasure it was last rewritten for, if any."""
    return "v" + release.leaf.removeprefix(f"{release.name}-")


def _no_dataset(address: str) -> UsageError:
    return UsageError(f"{address!r} names no dataset on the Hub.", "Write hf://datasets/ORG/NAME.")


_AGAIN: Final = "Run it again: what has arrived is not sent again, and the tag is set last."


def _transport_error() -> type[Exception]:
    """What the client's transport raises; the name of the library behind it changes with the client."""
    from huggingface_hub import get_session  # noqa: PLC0415

    module = import_module(type(get_session()).__module__.partition(".")[0])
    found: type[Exception] = module.HTTPError
    return found


def _upload(api: HfApi, repository: str, tag: str, release: Release) -> None:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete  # noqa: PLC0415

    api.create_repo(repository, repo_type="dataset", exist_ok=True)
    if any(ref.name == tag for ref in api.list_repo_refs(repository, repo_type="dataset").tags):
        _check_same(api, repository, tag, release)
        return
    paths = {p.relative_to(release.path).as_posix(): p for p in sorted(release.path.rglob("*")) if p.is_file()}
    old = set(api.list_repo_files(repository, repo_type="dataset")) - {*paths, ".gitattributes"}
    commit = api.create_commit(
        repository,
        [
            *(CommitOperationAdd(name, path) for name, path in paths.items()),
            *map(CommitOperationDelete, sorted(old)),
        ],
        commit_message=release.leaf,
        repo_type="dataset",
    )
    api.create_tag(repository, tag=tag, revision=commit.oid, repo_type="dataset")


def _check_same(api: HfApi, repository: str, tag: str, release: Release) -> None:
    """That the tag is on this very release."""
    there = api.hf_hub_download(repository, MANIFEST, repo_type="dataset", revision=tag)
    with open(there, "rb") as stream:  # noqa: PTH123 - the client returns a plain string
        if sha256_hex(stream.read()) != sha256_hex((release.path / MANIFEST).read_bytes()):
            raise ReleaseExistsError(f"{repository} has {tag}, on another release.", "Choose a new --version.")
