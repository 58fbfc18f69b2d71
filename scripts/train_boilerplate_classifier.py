#!/usr/bin/env python3
"""Train a boilerplate classifier on the segments of a release: python scripts/train_boilerplate_classifier.py RELEASE

A starting point for research: words and characters of each segment alone, without its place in the article. Segments of
one article stay on one side of the split. Needs scikit-learn (the extra ``train``).
"""

from __future__ import annotations

import argparse

import numpy as np
from datasets import load_dataset
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline, make_union


def main() -> None:
    """Load, split by article, train, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", help="folder of a release, or its name on the Hub")
    parser.add_argument("--test", type=float, default=0.25, help="share of articles to test on (default: %(default)s)")
    options = parser.parse_args()
    try:
        segments = load_dataset(options.release, "segments", split="train")
    except (OSError, ValueError) as error:
        parser.error(f"{options.release} cannot be loaded: {error}")
    if "text" not in segments.features:
        parser.error(f"{options.release} has no text to train on: put it back first, with libya-news rehydrate.")
    texts, names = np.array(segments["text"], dtype=object), segments.features["label"].names
    labels, articles = np.array(segments["label"]), np.array(segments["article_id"])
    if len(set(articles)) > 1:
        [(train, test)] = GroupShuffleSplit(1, test_size=options.test, random_state=0).split(texts, labels, articles)
    else:
        train = test = np.arange(len(texts))
        print("One article only: it is tested on what it was trained on.\n")
    words = HashingVectorizer(ngram_range=(1, 2), n_features=2**18, alternate_sign=False)
    characters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), n_features=2**18, alternate_sign=False)
    model = make_pipeline(make_union(words, characters), LogisticRegression(C=10, max_iter=500))
    model.fit(texts[train], labels[train])
    present = np.unique(labels[test])
    told = classification_report(
        labels[test], model.predict(texts[test]), labels=present, target_names=[names[n] for n in present], digits=3
    )
    print(f"{len(train)} segments to train on, {len(test)} to test on\n\n{told}")


if __name__ == "__main__":
    main()
