"""A client of the paths that existing clients of the Web API use, in Python's standard library: signs in, searches, and goes wrong as such
clients are known to. Prints what came back as JSON. Arguments: address, port, ca, certificate, key, password."""

import http.client
import json
import ssl
import sys

ADDRESS, PORT, CA, CERTIFICATE, KEY, PASSWORD = sys.argv[1:7]
SIGN_IN = "/oqs-api-pro/MSA12020/ILI12020SV01/auth"
SEARCH = "/oqs-api-pro/MSA01030/ILI01030SV01/search"


def context():
    made = ssl.create_default_context(cafile=CA)
    made.load_cert_chain(CERTIFICATE, KEY)
    return made


def post(path, body, headers, length=None):
    """Posts a body that is said to have a length; answers status and JSON."""
    connection = http.client.HTTPSConnection(ADDRESS, int(PORT), context=context(), timeout=20)
    connection.putrequest("POST", path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body) if length is None else length))
    connection.endheaders(body)
    answer = connection.getresponse()
    status, told = answer.status, json.loads(answer.read())
    connection.close()
    return status, told


def question(insurer, symbol, number, birth):
    return {"XmlMsg": {
        "MessageHeader": {"QualificationConfirmationDate": "20261123", "MedicalInstitutionCode": "1319999999"},
        "MessageBody": {"QualificationConfirmSearchInfo": {
            "InsurerNumber": insurer, "InsuredCardSymbol": symbol, "InsuredIdentificationNumber": number,
            "Birthdate": birth, "LimitApplicationCertificateRelatedConsFlg": "1"}}}}


KIND = {"Content-Type": "application/json;charset=UTF-8", "Accept": "application/json"}
status, signed_in = post(SIGN_IN, json.dumps({"userId": "karte", "password": PASSWORD}).encode(), KIND)
token = signed_in["result"]["idToken"]

found = {}
for insurer in ("139998", "00139998", "  139998"):
    asked = json.dumps(question(insurer, "架空", "998877", "19550505"), ensure_ascii=False).encode()
    for authorization in (token, "Bearer " + token):
        found[insurer + authorization[:6].strip(token[:6])] = post(SEARCH, asked, {**KIND, "Authorization": authorization})

# Characters counted instead of bytes: the body is cut within its end, or within a character.
text = json.dumps(question("06139992", "１２３", "４５６７", "19700102"), ensure_ascii=False)
headers = {**KIND, "Authorization": token}
cut = post(SEARCH, text.encode(), headers, length=len(text))
within = text.encode().index("１".encode()) + 1
cut_within = post(SEARCH, text.encode(), headers, length=within)
whole = post(SEARCH, text.encode(), headers)

print(json.dumps({"status": status, "signed_in": signed_in, "found": found, "cut": cut, "cut_within": cut_within, "whole": whole}))
