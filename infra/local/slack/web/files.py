"""files.*: the upload in three steps, and reading back."""

from __future__ import annotations

import mimetypes
import re
import secrets
import time
from pathlib import PurePosixPath
from typing import Any

from aiohttp import BodyPartReader, web

from infra.local.slack.blocks import uploaded_images
from infra.local.slack.errors import Json, SlackError, invalid_arguments
from infra.local.slack.limits import invalid_blocks
from infra.local.slack.web.method import Args, Method, require_channel
from infra.local.slack.workspace import Workspace

WORKSPACE = web.AppKey("workspace", Workspace)
MOST_BYTES = 50 * 2**20
# .../files-pri/{team}/{file}/{name}
_FILE_OF_URL = re.compile(r"^.*/files-pri/[^/]+/([^/]+)/[^/]+$")


async def get_upload_url(ws: Workspace, args: Args) -> Json:
    name = PurePosixPath(args.text("filename")).name
    length = args.number("length", 0, MOST_BYTES + 1)
    if length > MOST_BYTES:
        raise SlackError("file_upload_size_restricted")
    file = "F" + secrets.token_hex(5).upper()
    ticket = secrets.token_urlsafe(24)
    ws.store.put_file(_new_file(ws, file, name, args) | {"_ticket": ticket, "_length": length})
    return {"file_id": file, "upload_url": f"{ws.base_url}/upload/v1/{file}/{ticket}"}


async def receive(request: web.Request) -> web.Response:
    """The bytes of one file, raw or as a form's first file."""
    ws = request.app[WORKSPACE]
    body = ws.store.file(request.match_info["file"])
    if body is None or body.get("_ticket") != request.match_info["ticket"]:
        return web.Response(status=404, text="upload URL not found or used before")
    data = await _bytes(request)
    if len(data) > MOST_BYTES:
        return web.Response(status=413, text="too large")
    (ws.files / body["id"]).write_bytes(data)
    ws.store.put_file(body | {"_ticket": None, "size": len(data)})
    return web.Response(text=f"OK - {len(data)}")


async def complete_upload(ws: Workspace, args: Args) -> Json:
    given: Any = args.structure("files")
    if not isinstance(given, list) or not given:
        raise invalid_arguments("missing required field: files")
    channel_id = args.optional("channel_id")
    channel = require_channel(ws, channel_id, member=True) if channel_id else None
    done = [_finish(ws, one, channel) for one in given]
    if channel:
        content = {"text": args.optional("initial_comment") or "", "files": done, "upload": True}
        blocks = args.structure("blocks")
        ws.messages.from_bot(
            channel, content | ({"blocks": blocks} if blocks else {}), args.optional("thread_ts")
        )
    return {"files": done}


async def info(ws: Workspace, args: Args) -> Json:
    body = ws.store.file(args.text("file"))
    if body is None or body.get("_ticket"):
        raise SlackError("file_not_found")
    return {"file": _public(body)}


def check_images(ws: Workspace, blocks: Any) -> None:
    """Raises `invalid_blocks` for an image of a file that is not there, is none or is not read yet."""
    problems = [
        f"invalid slack file [json-pointer:{at}]"
        for at, file in uploaded_images(blocks or [])
        if not _is_image(ws, file)
    ]
    if problems:
        raise invalid_blocks(problems)


def _is_image(ws: Workspace, file: Json) -> bool:
    named = file.get("id") or _FILE_OF_URL.sub(r"\1", str(file.get("url")))
    body = ws.store.file(str(named))
    if body is None or not body["mimetype"].startswith("image/"):
        return False
    # Slack reads a file after it is complete; until then a message cannot show it.
    return time.time() >= float(body.get("_readable", "inf"))


async def download(request: web.Request) -> web.StreamResponse:
    """The file itself, for the page and for the app with its token."""
    ws = request.app[WORKSPACE]
    body = ws.store.file(request.match_info["file"])
    path = ws.files / body["id"] if body else None
    if body is None or path is None or not path.exists():
        return web.Response(status=404, text="no such file")
    # Never rendered as a page of ours: a file is whatever someone uploaded.
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    if not body["mimetype"].startswith("image/"):
        headers["Content-Disposition"] = f'attachment; filename="{body["name"]}"'
    return web.Response(body=path.read_bytes(), content_type=body["mimetype"], headers=headers)


def _new_file(ws: Workspace, file: str, name: str, args: Args) -> Json:
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    url = f"{ws.base_url}/files-pri/{ws.seed.team.id}/{file}/{name}"
    body: Json = {
        "id": file,
        "created": int(time.time()),
        "timestamp": int(time.time()),
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": PurePosixPath(name).suffix.removeprefix(".") or "binary",
        "user": ws.directory.bot,
        "size": 0,
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": url,
        "url_private_download": url,
        "permalink": url,
        "channels": [],
    }
    if mimetype.startswith("image/"):
        body |= {"thumb_360": url, "alt_txt": args.optional("alt_txt") or name}
    return body


def _finish(ws: Workspace, given: Any, channel: str | None) -> Json:
    body = ws.store.file(str(given.get("id"))) if isinstance(given, dict) else None
    if body is None:
        raise SlackError("file_not_found")
    if body.get("_ticket"):
        raise SlackError("file_update_failed")  # nothing was uploaded to its URL
    body["title"] = given.get("title") or body["name"]
    body["_readable"] = time.time() + ws.options.file_seconds
    if channel:
        body["channels"] = [*body["channels"], channel]
    ws.store.put_file(body)
    return _public(body)


def _public(body: Json) -> Json:
    return {name: value for name, value in body.items() if not name.startswith("_")}


async def _bytes(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader):
            return bytes(await part.read(decode=False))
    return b""


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, 4, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, 4, ("files:write",)),
    "files.info": Method(info, 4, ("files:read",)),
}
