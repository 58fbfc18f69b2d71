"""Two nodes of a Ray cluster on the loopback address: says where, and lives until its input ends. Run by tests."""

from __future__ import annotations

import json
import logging
import socket
import sys

from ray.cluster_utils import Cluster

NODE = {"num_cpus": 1, "object_store_memory": 80 * 1024 * 1024}


def main() -> None:
    """Start, wait, stop."""
    logging.disable(logging.CRITICAL)
    with socket.socket() as taken:  # as libya_news.engines.ray does: no dashboard, which would ask around
        taken.bind(("127.0.0.1", 0))
        place = {"dashboard_host": "127.0.0.1", "dashboard_port": taken.getsockname()[1]}
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, **place})
    cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    print(json.dumps(cluster.address), flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main()
