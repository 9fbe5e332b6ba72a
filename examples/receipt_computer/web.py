"""The same questions without files: the Web API, over TLS with the facility's certificate."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.parse
import uuid

import results
from messages import Message
from settings import Web


class Refused(Exception):
    """The center refuses; code and text as it gave them."""


class Center:
    """A signed-in Web API account."""

    def __init__(self, web: Web) -> None:
        self._web = web
        context = ssl.create_default_context(cafile=str(web.ca))
        context.load_cert_chain(web.cert, web.key)
        address = urllib.parse.urlsplit(web.url)
        self._line = http.client.HTTPSConnection(address.hostname or "", address.port, timeout=60, context=context)
        self._token = ""

    def sign_in(self) -> None:
        """Signs in, and ends a session of the same account and certificate that still stands."""
        password = self._web.password_file.read_text(encoding="utf-8").strip()
        body = {"account": self._web.account, "password": password, "force": True}
        self._token = self._call("/v1/sessions", body, {})["token"]

    def ask(self, message: Message) -> results.Result:
        """Asks one message. The key makes a repeated question the same question, should the line break before the answer."""
        if not self._token:
            self.sign_in()
        # The length is counted in bytes, not in characters.
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": str(uuid.uuid4())}
        for attempt in (1, 2):
            try:
                answer = self._call(f"/v1/link/{message.prefix}", message.json(), headers)
                return results.of_image(answer.get("XmlMsg", answer))
            except (ConnectionError, http.client.HTTPException, TimeoutError):
                self._line.close()
                if attempt == 2:
                    raise
        raise AssertionError("either returned or raised")

    def _call(self, path: str, body: dict, headers: dict) -> dict:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8")
        headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        self._line.request("POST", path, data, headers)
        response = self._line.getresponse()
        text = response.read().decode("utf-8")
        try:
            answer = json.loads(text)
        except json.JSONDecodeError as error:
            raise Refused(f"{response.status}: no JSON") from error
        if 400 <= response.status:
            said = answer.get("title_ja") or answer.get("title") or answer.get("detail") or ""
            raise Refused(f"{response.status} {answer.get('code', '')}: {said}")
        return answer
