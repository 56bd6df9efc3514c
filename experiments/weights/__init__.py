"""The training of every network that the library ships: a family a module, a network a task.

    python -m experiments.weights                      # all of them
    python -m experiments.weights lenet5 mlp --jobs 2
    python -m experiments.weights --scale .01 --out tried    # a quick try of all
    python -m experiments.weights dcgan --device cuda --scale 10 --out dcgan-large

A training is a plain function; its seed is fixed and was not searched for. joblib maps it over
the networks, in processes or on a Dask cluster, where the work of a lost worker is done again by
another. Workers return bytes, and the process that was started writes them, each as it comes: a
cluster needs no shared disk. On one machine's CPU a network is the same bytes each time.
"""
