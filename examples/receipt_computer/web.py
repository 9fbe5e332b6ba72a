"""The same questions without files: the Web API, over TLS with the facility's certificate."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.parse
import uuid
from pathlib import Path

import results
from messages import Message
from settings import Web


class Refused(Exception):
    """The center refuses; code and text as it gave them."""


class OutOfReach(Exception):
    """The center does not answer, or not as a center does; or there is no way to ask it."""


class Center:
    """A signed-in Web API account."""

    def __init__(self, web: Web) -> None:
        self._web = web
        for file in (web.ca, web.cert, web.key, web.password_file):
            # The system's TLS names no file.
            _read(file)
        try:
            context = ssl.create_default_context(cafile=str(web.ca))
            context.load_cert_chain(web.cert, web.key)
        except OSError as error:
            files = f"{web.ca}, {web.cert}, {web.key}"
            raise OutOfReach(f"{files}: 電子証明書として使えません / of no use as certificates and key ({error})") from error
        address = urllib.parse.urlsplit(web.url)
        self._line = http.client.HTTPSConnection(address.hostname or "", address.port, timeout=60, context=context)
        self._token = ""

    def sign_in(self) -> None:
        """Signs in, and ends a session of the same account and certificate that still stands."""
        try:
            password = _read(self._web.password_file).decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise OutOfReach(f"{self._web.password_file}: UTF-8 で保存してください / save it as UTF-8") from error
        body = {"account": self._web.account, "password": password, "force": True}
        token = self._call("/v1/sessions", body, {}).get("token")
        if not isinstance(token, str):
            raise OutOfReach(f"{self._web.url}: {_NO_CENTER} (token)")
        self._token = token

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
            except OutOfReach:
                if attempt == 2:
                    raise
        raise AssertionError("either returned or raised")

    def _call(self, path: str, body: dict, headers: dict) -> dict:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8")
        headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        try:
            self._line.request("POST", path, data, headers)
            response = self._line.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            # The next question makes a new line.
            self._line.close()
            way = "つながりません。接続先と回線を確かめてください / out of reach: look at url and the line"
            raise OutOfReach(f"{self._web.url}: {way} ({error})") from error
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise Refused(f"{response.status}: {_NO_CENTER}") from error
        if not isinstance(answer, dict):
            raise Refused(f"{response.status}: {_NO_CENTER}")
        if not 200 <= response.status < 300:
            said = answer.get("title_ja") or answer.get("title") or answer.get("detail") or ""
            raise Refused(f"{response.status} {answer.get('code', '')}: {said}")
        return answer


_NO_CENTER = "センターの答えではありません / no answer of a center"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OutOfReach(f"{file}: 読めません。設定の [web] を確かめてください / cannot be read: look at [web] ({error.strerror})") from error
