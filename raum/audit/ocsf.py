"""Entries as events of the Open Cybersecurity Schema Framework, version 1.8 (https://schema.ocsf.io/1.8.0).

AI operations, jobs and reading the log are API Activity (6003), what is done to accounts, users, credentials and
settings is Entity Management (3004), logging in and out and acting as another are Authentication (3002). What raum says
and OCSF has no word for is under `unmapped`, by raum's own names.
"""

from collections.abc import Mapping
from typing import Any, Final

from raum.model import Entry
from raum.sealing.body import facts_document, said_document

VERSION: Final = "1.8.0"

_API: Final = 6003
_ENTITY: Final = 3004
_AUTHENTICATION: Final = 3002
_NAMES: Final = {
    _API: ("API Activity", "Application Activity"),
    _ENTITY: ("Entity Management", "Identity & Access Management"),
    _AUTHENTICATION: ("Authentication", "Identity & Access Management"),
}
_ENTITIES: Final = ("account", "admin_settings", "api_key", "credential", "settings", "token", "user")
_ACTIVITIES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("create", "add"), 1),
    **dict.fromkeys(("read", "export", "list", "test"), 2),
    **dict.fromkeys(("change", "set", "update", "rotate", "rotation", "retry", "terminate"), 3),
    **dict.fromkeys(("delete", "remove", "erase", "purge", "drop", "revoke"), 4),
}
_AUTHENTICATIONS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("create", "start", "renew", "login"), 1),
    **dict.fromkeys(("delete", "end", "revoke", "logout"), 2),
}
_CAPTIONS: Final = {_API: ("Create", "Read", "Update", "Delete"), _AUTHENTICATION: ("Logon", "Logoff")}
_OTHER: Final = 99
_SWITCH: Final = 7
_INFORMATIONAL: Final = 1
_LOW: Final = 2
_USERS: Final = {"user": (1, "User"), "operator": (2, "Admin"), "system": (3, "System"), "token": (4, "Service")}
_FAILED: Final = ("failed", "refused", "denied")


def ocsf_event(entry: Entry) -> dict[str, Any]:
    """The event of an entry."""
    kind, _, verb = entry.operation.rpartition("_")
    class_uid = _class_of(kind)
    activity, activity_name = _activity_of(class_uid, kind, verb, entry.operation)
    class_name, category_name = _NAMES[class_uid]
    failed = entry.outcome in _FAILED
    event = {
        "activity_id": activity,
        "activity_name": activity_name,
        "actor": {"user": _user(entry.impersonator or entry.actor)},
        "category_name": category_name,
        "category_uid": class_uid // 1000,
        "class_name": class_name,
        "class_uid": class_uid,
        "metadata": _metadata(entry),
        "severity": "Low" if failed else "Informational",
        "severity_id": _LOW if failed else _INFORMATIONAL,
        "src_endpoint": _endpoint(entry),
        "status": "Failure" if failed else "Success",
        "status_id": 2 if failed else 1,
        "status_detail": entry.outcome,
        "time": round(entry.time.timestamp() * 1000),
        "type_uid": class_uid * 100 + activity,
        "unmapped": {**facts_document(entry), **said_document(entry)},
    }
    if entry.reason:
        event["status_code"] = entry.reason
    return event | _of_class(class_uid, entry, kind)


def _class_of(kind: str) -> int:
    if kind.startswith(("session", "impersonation", "login")):
        return _AUTHENTICATION
    return _ENTITY if kind.startswith(_ENTITIES) else _API


def _activity_of(class_uid: int, kind: str, verb: str, operation: str) -> tuple[int, str]:
    if class_uid == _AUTHENTICATION:
        if kind.startswith("impersonation"):
            return _SWITCH, "Account Switch"
        activity = _AUTHENTICATIONS.get(verb, _OTHER)
    else:
        activity = _ACTIVITIES.get(verb, _OTHER)
    captions = _CAPTIONS.get(class_uid, _CAPTIONS[_API])
    return activity, operation if activity == _OTHER else captions[activity - 1]


def _metadata(entry: Entry) -> dict[str, Any]:
    metadata = {
        "product": {"name": "raum", "vendor_name": "raum"},
        "tenant_uid": entry.account_id,
        "uid": entry.id,
        "version": VERSION,
    }
    return {**metadata, "correlation_uid": entry.request_id} if entry.request_id else metadata


def _user(who: str) -> dict[str, Any]:
    kind, _, name = who.partition(":")
    type_id, caption = _USERS.get(kind, _USERS["user"])
    return {"name": name or who, "type": caption, "type_id": type_id, "uid": who}


def _endpoint(entry: Entry) -> dict[str, Any]:
    if not entry.client_ip:
        return {"name": "raum"}
    endpoint: dict[str, Any] = {"ip": entry.client_ip}
    return {**endpoint, "intermediate_ips": [entry.peer_ip]} if entry.peer_ip != entry.client_ip else endpoint


def _of_class(class_uid: int, entry: Entry, kind: str) -> dict[str, Any]:
    """What the class requires besides what all have."""
    if class_uid == _AUTHENTICATION:
        user = entry.target if entry.target and ":" in entry.target else entry.actor
        return {"user": _user(user), "service": {"name": "raum"}}
    if class_uid == _ENTITY:
        name = entry.target or entry.account_id
        return {"entity": {"name": name, "uid": name, "type": kind}}
    api: dict[str, Any] = {"operation": entry.operation, "service": {"name": "raum"}}
    return {"api": {**api, "request": {"uid": entry.request_id}} if entry.request_id else api}
