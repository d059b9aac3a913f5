"""Files that the pages load: revalidated by ETag, sent gzipped where a packed twin lies beside them."""

import os
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope


class PackedFiles(StaticFiles):
    """Static files of a folder in which `name.gz` may stand beside `name`."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or its packed twin when the browser takes gzip; 304 when the browser has it already."""
        headers = Headers(scope=scope)
        packed = Path(f"{os.fspath(full_path)}.gz")
        own = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        media_type = guess_type(full_path)[0]
        if "gzip" in headers.get("accept-encoding", "") and packed.is_file():
            own["Content-Encoding"] = "gzip"
            full_path, stat_result = packed, packed.stat()
        response = FileResponse(full_path, status_code, own, media_type, stat_result=stat_result)
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, headers) else response
