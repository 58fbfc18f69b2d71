"""The only reader of model files: arrays in a ``.npz`` file (never pickle), and a JSON card beside it.

The card says what the model is and how it was made; it declares a format and version, and the SHA-256 of the arrays,
which are all checked on reading.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FORMAT: Final = "libya_news/model"
VERSION: Final = 1
DEFAULT: Final = "default"
PAGES: Final = "pages"
SHIPPED: Final = (DEFAULT, PAGES)
"""The models that come with the package: of texts, and of web pages."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained model.

    Attributes:
        name: as its card names it.
        sha256: of its array file, 64 hex digits.
        card: what the card says: training data, seed, figures, date.
        arrays: its weights by name.
    """

    name: str
    sha256: str
    card: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[np.float32]]

    @property
    def identity(self) -> str:
        """Name and hash, as ``Segment.by`` writes it."""
        return f"{self.name}@{self.sha256[:12]}"


@lru_cache(maxsize=4)
def load_model(name: str = DEFAULT) -> Model:
    """Read a model once.

    Args:
        name: one of ``SHIPPED``, else the path of a folder that ``train`` wrote.

    Raises:
        DataError: there is no such model, its card has another format or version, or its arrays are not the card's.
    """
    import numpy as np  # noqa: PLC0415 - importing the package must not wait for what only a model needs

    try:
        card, data = json.loads(_read(name, ".json")), _read(name, ".npz")
    except OSError as error:
        raise DataError(
            f"Model {name!r} cannot be read: {error}.", "Give 'default' or a folder that train made."
        ) from None
    except ValueError as error:
        raise DataError(f"The card of model {name!r} is not JSON: {error}.", "Train the model again.") from None
    _check(name, card, data)
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    return Model(card["name"], card["sha256"], card, arrays)


def _read(name: str, ending: str) -> bytes:
    if name in SHIPPED:
        return (files(__package__) / "models" / f"{name}{ending}").read_bytes()
    return (Path(name) / f"model{ending}").read_bytes()


def _check(name: str, card: Any, data: bytes) -> None:
    found = (card.get("format"), card.get("version")) if isinstance(card, dict) else (None, None)
    if found != (FORMAT, VERSION):
        raise DataError(
            f"Model {name!r} declares {found}, but {(FORMAT, VERSION)} is needed.", "Train the model again."
        )
    if hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise DataError(
            f"The arrays of model {name!r} are not those of its card.", "Restore both files, or train again."
        )


def save_model(folder: Path, stem: str, arrays: Mapping[str, npt.NDArray[np.float32]], card: Mapping[str, Any]) -> Path:
    """Write a model's arrays and card; the same arrays give the same bytes.

    Args:
        folder: where to; made if it is absent.
        stem: the files' name without ending: ``model``, or ``default`` for the package's own.
        card: ``name`` and whatever else is to be known; format, version and hash are added.
    """
    import numpy as np  # noqa: PLC0415 - as in load_model

    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **{key: np.asarray(arrays[key], np.float32) for key in sorted(arrays)})
    data = packed.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.npz").write_bytes(data)
    full = {"format": FORMAT, "version": VERSION, **card, "sha256": hashlib.sha256(data).hexdigest()}
    path = folder / f"{stem}.json"
    path.write_text(json.dumps(full, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    load_model.cache_clear()  # it may have read what was there before, as in a notebook
    return path
