"""Signatures, by published and cross-checked values; the server of the other tests signs by rules of its own."""

import pytest

from floor.shipping.carriers import kuaidi100, sf
from tests.shipping.carrier_server import md5_upper, sf_digest

#: (msgData, timestamp, checkword, msgDigest), reproduced with Java's URLEncoder.
SF = [
    ('{"a":1}', "1700000000000", "cw", "MTi764CWVlVMKjj8p0kGeQ=="),
    ('{"cargo":"红枣 500g*2 ~测试+&"}', "1612345678901", "checkword123", "UpiiHZn1ESZNg2vpzMzADQ=="),
]
QUERY = '{"com":"yuantong","num":"YT9693083639795","phone":"","resultv2":"4","show":"0","order":"desc"}'
PUSH = (
    '{"status":"polling","billstatus":"got","message":"","lastResult":{"message":"ok","state":"0","status":"200",'
    '"com":"yuantong","nu":"YT9693083639795","data":[]}}'
)


@pytest.mark.parametrize(("data", "stamp", "checkword", "digest"), SF)
def test_sf_signs_as_java_does(data, stamp, checkword, digest):
    assert sf.digest(data, stamp, checkword) == digest
    assert sf_digest(data, stamp, checkword) == digest


def test_kuaidi100_signs_its_three_kinds_of_messages():
    label = '{"taskId":"T1","orderId":"O1"}'
    assert kuaidi100.sign_query(QUERY, "KEY123", "CUST456") == "91E7AE374533A0A1C709A03FBBB18392"
    assert kuaidi100.sign_label(label, "1700000000000", "KEY123", "SECRET789") == "A6A5A8BF0F7A975289B9C24954A79B12"
    assert kuaidi100.is_pushed(PUSH, "2A355BBAD9436BDAEB8E65F98115CD4F", "salt-32")
    assert not kuaidi100.is_pushed(PUSH, "2A355BBAD9436BDAEB8E65F98115CD40", "salt-32")
    assert not kuaidi100.is_pushed(PUSH, md5_upper(PUSH), "")
    assert md5_upper(QUERY + "KEY123" + "CUST456") == "91E7AE374533A0A1C709A03FBBB18392"
