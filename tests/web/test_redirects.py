"""No address sends anybody elsewhere: a Location made of the Host header is whatever the request says, and a client would take its assertion there."""

from __future__ import annotations

import aiohttp
import pytest

from tests.web.conftest import Pages


@pytest.mark.parametrize("path", ["/oauth/token/", "/graphql/", "/regulator/", "/fleet/", "/reports/", "/health/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_with_a_slash_too_many_is_none(demo_pages: Pages, path: str, method: str) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.request(method, demo_pages.url + path, headers={"Host": "evil.example"}, allow_redirects=False) as response,
    ):
        assert response.status == 404
        assert "location" not in response.headers
