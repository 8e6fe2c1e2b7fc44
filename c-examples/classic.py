"""The classic calls from Python, with ../python/etcd_api.py.  usage: classic.py [ENDPOINTS]"""
import sys
import threading

import etcd_api

with etcd_api.Session(sys.argv[1] if len(sys.argv) > 1 else "localhost:2379") as session:
    session.set("classic.py/color", "red")
    print("get:", session.get("classic.py/color"))
    session.set("classic.py/color", "green", precond="red")
    try:
        session.set("classic.py/color", "blue", precond="red")
    except etcd_api.ProtocolError as error:
        print("refused:", error)
    session.delete("classic.py/color")

    # Nobody else gets the lock until it is released, or 10 seconds after it was last renewed.
    index = session.lock("classic.py/lock", 10)
    session.lock("classic.py/lock", 10, index)
    session.unlock("classic.py/lock", index)
    try:
        session.lock("classic.py/lock", 10, index)
    except etcd_api.ProtocolError as error:
        print("lost:", error)

    # Somebody counts, from "1" on; from the first number that the watch sees it sees all.
    enough = threading.Event()

    def count() -> None:
        number = 1
        while not enough.wait(0.05):
            session.set("classic.py/number", str(number))
            number += 1

    thread = threading.Thread(target=count)
    thread.start()
    left = 3
    for change in session.changes("classic.py/number"):
        print("watch:", change.key, "is gone" if change.value is None else change.value)
        left -= 1
        if left == 0:
            break
    enough.set()
    thread.join()
    session.delete("classic.py/number")
