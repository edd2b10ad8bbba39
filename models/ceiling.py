"""What observation allows: the best ranking that these indicators could give if labels were not noise.

In a synthetic world the true probability is known, so a free booster may be fitted to it instead of to labels of 0 and
1. One true probability tells as much as many labelled cases, so this is what the unconstrained model would reach with
far more cases of the same kind. Only a yardstick: nothing of it enters a bundle.
"""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.crossval import Score

FloatArray = NDArray[np.float64]


def noise_free(X: pd.DataFrame, true: FloatArray, *, seed: int, rounds: int = 300, threads: int = 1) -> Score:
    """Fit on X (n, k), numbers or text, and true probabilities (n,); returns a scorer of rows in log-odds.

    Text columns (region, industry) become categories; values not seen in the fit count as missing.
    """
    kinds = {name: sorted(set(X[name])) for name in X.columns if not pd.api.types.is_numeric_dtype(X[name])}

    def laid(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[list(X.columns)].assign(**{name: pd.Categorical(rows[name], kinds[name]).codes for name in kinds})

    settings = {
        "objective": "cross_entropy",
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "seed": seed,
        "verbosity": -1,
        "learning_rate": 0.05,
        "num_leaves": 31,
        "min_data_in_leaf": 40,
        "lambda_l2": 5.0,
        "feature_fraction": 0.6,
    }
    data = lgb.Dataset(laid(X).to_numpy(dtype=np.float64), true, categorical_feature=_places(X, kinds))
    booster = lgb.train(settings, data, num_boost_round=rounds)
    return lambda rows: np.asarray(
        booster.predict(laid(rows).to_numpy(dtype=np.float64), raw_score=True), dtype=np.float64
    )


def _places(X: pd.DataFrame, kinds: dict[str, list[str]]) -> list[int]:
    return [place for place, name in enumerate(X.columns) if name in kinds]
