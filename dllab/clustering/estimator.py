"""From a declaration to the scikit-learn object that does the work."""

from typing import Any

from dllab.layers.analysing import Analysis


def make_estimator(layer: Analysis, seed: int) -> Any:
    """The scikit-learn estimator of a declaration; what is random in it hangs on the seed."""
    from sklearn import cluster, decomposition, mixture, preprocessing

    modules: dict[str, Any] = {
        "cluster": cluster, "decomposition": decomposition, "mixture": mixture, "preprocessing": preprocessing
    }  # fmt: skip
    call = layer.estimator()
    module, _dot, name = call.name.partition(".")
    if module == "umap":
        import umap  # a package of its own, which need not be there

        modules["umap"] = umap
    estimator = getattr(modules[module], name)(*call.args, **call.options)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    return estimator
