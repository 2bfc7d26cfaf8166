# SPDX-License-Identifier: MIT
"""An independent look at the bill of materials: the parts of SPDX 2.3 that readers depend on."""
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)

for key in ("spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo"):
    assert document[key], key
assert document["spdxVersion"] == "SPDX-2.3"
packages = {package["SPDXID"]: package for package in document["packages"]}
assert len(packages) == len(document["packages"]), "an identifier is used twice"
for identifier, package in packages.items():
    assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", identifier), identifier
    assert package["name"] and package["versionInfo"], identifier
    assert package["downloadLocation"] and package["licenseConcluded"], identifier
    for checksum in package.get("checksums", []):
        assert re.fullmatch(r"[0-9a-f]{64}", checksum["checksumValue"]), identifier
for name in ("musl", "wolfssl", "libtpms"):
    package = packages["SPDXRef-" + name]
    assert package["checksums"], name
    assert re.match(r"\d", package["versionInfo"]), package["versionInfo"]
assert packages["SPDXRef-wolfssl"]["licenseConcluded"].startswith("GPL")
for relation in document["relationships"]:
    for end in (relation["spdxElementId"], relation["relatedSpdxElement"]):
        assert end == "SPDXRef-DOCUMENT" or end in packages, end
