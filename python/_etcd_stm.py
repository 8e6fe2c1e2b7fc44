"""Transactions of memory: what etcd.py has as etcd.Client.stm_run()."""

from typing import Any, List, Optional

import _etcd_abi as abi
import etcd
from _etcd_decode import _first, _range_response, _status_error
from _etcd_encode import _Request, _bytes
from _etcd_handles import _call, _take
from _etcd_library import _library


class Stm:
    """A transaction of memory, as its function sees it: with what it has written itself. It ends with the function.

    A key that it has written has 0 in place of its revisions and its version.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def get(self, key: etcd.Data) -> Optional[etcd.KeyValue]:
        """Reads one key; None if there is none."""
        _, response = _call(_library().etcd_stm_get, self._handle, _bytes(key))
        return _take("etcd_stm_get", _first, response)

    def prefix(self, prefix: etcd.Data) -> List[etcd.KeyValue]:
        """Reads all keys that begin with the prefix, ascending."""
        _, response = _call(_library().etcd_stm_get_prefix, self._handle, _bytes(prefix))
        return _take("etcd_stm_get_prefix", _range_response, response).kvs

    def put(self, key: etcd.Data, value: etcd.Data, *, lease: int = 0) -> None:
        self._do("etcd_stm_put", _bytes(key), _bytes(value), lease)

    def delete(self, key: etcd.Data) -> None:
        """Deletes one key; that there is none is no error."""
        self._do("etcd_stm_delete", _bytes(key))

    def _do(self, call: str, *arguments: Any) -> None:
        request = _Request(call, arguments, lambda _: None)
        status = getattr(_library(), call)(self._handle, *request.arguments)
        if status < 0:
            raise _status_error(status)


def run(client: etcd.Client, request: _Request[Any]) -> Any:
    """Runs the function that is the first argument of the request; returns or raises what it does."""
    function, *others = request.arguments
    result: Any = None
    raised: Optional[BaseException] = None

    def attempt(handle: int, _: None) -> int:
        nonlocal result, raised
        raised = None
        try:
            result = function(Stm(handle))
            return abi.ETCD_OK
        except BaseException as error:
            raised = error
            return abi.ETCD_ERR_CANCELLED  # What it aborts with is not seen: the exception is.

    failure: Optional[BaseException] = None
    try:
        _, response = _call(_library().etcd_stm_run, client._handle, abi.StmCb(attempt), *others)
        _take("etcd_stm_run", request.decode, response)
    except etcd.EtcdError as error:
        failure = raised or error
    if failure is not None:
        raise failure
    return result
