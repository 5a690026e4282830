"""auth.*, users.*, usergroups.*, bots.*, team.*: who is who."""

from __future__ import annotations

from infra.local.slack.errors import Json, SlackError
from infra.local.slack.web.method import Args, Method, page
from infra.local.slack.workspace import Workspace


async def auth_test(ws: Workspace, _args: Args) -> Json:
    seed = ws.seed
    return {
        "url": f"https://{seed.team.domain}.slack.com/",
        "team": seed.team.name,
        "user": seed.app.handle,
        "team_id": seed.team.id,
        "user_id": seed.app.user,
        "bot_id": seed.app.bot,
        "is_enterprise_install": False,
    }


async def api_test(_ws: Workspace, args: Args) -> Json:
    given = {name: value for name, value in args.values.items() if name != "token"}
    if "error" in given:
        raise SlackError(str(given["error"]), args=given)
    return {"args": given}


async def info(ws: Workspace, args: Args) -> Json:
    user = ws.directory.user(args.text("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _visible(ws, user)}


async def list_users(ws: Workspace, args: Args) -> Json:
    items, metadata = page([_visible(ws, user) for user in ws.directory.users()], args)
    return {"members": items, "cache_ts": 0, "response_metadata": metadata}


async def conversations(ws: Workspace, args: Args) -> Json:
    user = args.optional("user") or ws.directory.bot
    if ws.directory.user(user) is None:
        raise SlackError("user_not_found")
    kinds = set((args.optional("types") or "public_channel").split(","))
    found = [
        body
        for body in ws.directory.channels()
        if ws.directory.is_member(body["id"], user) and _kind(body) in kinds
    ]
    items, metadata = page(found, args)
    return {"channels": items, "response_metadata": metadata}


async def lookup_by_email(ws: Workspace, args: Args) -> Json:
    email = args.text("email").lower()
    for person in ws.directory.people:
        if person.email.lower() == email:
            return {"user": ws.directory.user(person.id)}
    raise SlackError("users_not_found")


async def list_groups(ws: Workspace, args: Args) -> Json:
    return {"usergroups": ws.directory.group_objects(with_users=args.flag("include_users"))}


async def group_users(ws: Workspace, args: Args) -> Json:
    users = ws.directory.group_users(args.text("usergroup"))
    if users is None:
        raise SlackError("no_such_subteam")
    return {"users": users}


async def bot_info(ws: Workspace, args: Args) -> Json:
    app = ws.seed.app
    if args.optional("bot") not in (None, app.bot):
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": app.bot,
            "app_id": app.id,
            "user_id": app.user,
            "name": app.name,
            "deleted": False,
            "icons": {"image_48": f"{ws.base_url}/avatars/{app.user}.svg"},
        }
    }


async def team_info(ws: Workspace, _args: Args) -> Json:
    team = ws.seed.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain}}


def _visible(ws: Workspace, user: Json) -> Json:
    """E-mail addresses only for an app that may read them."""
    if "users:read.email" in ws.options.scopes or "email" not in user["profile"]:
        return user
    return user | {"profile": {k: v for k, v in user["profile"].items() if k != "email"}}


def _kind(body: Json) -> str:
    if body.get("is_im"):
        return "im"
    return "private_channel" if body.get("is_private") else "public_channel"


METHODS = {
    "api.test": Method(api_test, 4, caller="any"),
    "auth.test": Method(auth_test, 4, caller="any"),
    "bots.info": Method(bot_info, 3, ("users:read",)),
    "team.info": Method(team_info, 3),
    "users.info": Method(info, 4, ("users:read",)),
    "users.list": Method(list_users, 2, ("users:read",)),
    "users.conversations": Method(conversations, 3, ("channels:read", "im:read")),
    "users.lookupByEmail": Method(lookup_by_email, 3, ("users:read.email",)),
    "usergroups.list": Method(list_groups, 2, ("usergroups:read",)),
    "usergroups.users.list": Method(group_users, 2, ("usergroups:read",)),
}
