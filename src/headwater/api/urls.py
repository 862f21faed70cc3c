from typing import Any

from django.urls import path, re_path

from headwater.api import v1
from headwater.core.api import DECLARED, guard
from headwater.core.permission import PUBLIC, page

operations: Any = v1.api.urls[0]
urlpatterns: list[Any] = [path("v1/openapi.json", page(PUBLIC, methods=("GET", "HEAD"))(v1.schema), name="openapi")]
for entry in operations:
    if entry.name in DECLARED:
        view = guard(entry.callback, DECLARED[entry.name])
        urlpatterns.append(path(f"v1/{entry.pattern}", view, name=f"api_{entry.name}"))
urlpatterns.append(re_path(r"^v1/[\s\S]*$", page(PUBLIC)(v1.unknown), name="api_unknown"))
