"""SNS's signatures and subscriptions, over real TLS, with an authority of the test's own."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.alerts.cloudwatch import CloudWatch
from bot.alerts.fetching import HttpsFetch
from bot.alerts.source import Incoming, PayloadError, UnauthenticatedError, UnreachableError
from tests.unit.alerts.examples import NOW
from tests.unit.alerts.sns import CERTIFICATE, HOST, TOPIC, confirmation, notification, running_sns

PATH = "/" + CERTIFICATE.rsplit("/", 1)[1]


@pytest.fixture
async def sns(tmp_path):
    async with running_sns(tmp_path) as running:
        yield running


@pytest.fixture
def cloudwatch(sns):
    return CloudWatch(frozenset({TOPIC}), sns.fetch(), lambda: NOW)


def incoming(body):
    return Incoming({}, {}, body)


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_sns_signed_is_taken(sns, cloudwatch, version):
    message = incoming(sns.sign(notification(), version=version))
    await cloudwatch.authenticate(message)
    assert len(cloudwatch.parse(message).alerts) == 1


async def test_without_a_subject_it_is_not_signed_for_one(sns, cloudwatch):
    message = notification()
    del message["Subject"]
    await cloudwatch.authenticate(incoming(sns.sign(message)))


async def test_a_text_of_several_scripts_and_lines_is_taken(sns, cloudwatch):
    message = notification(Subject="Ärger\n— 故障 🚨")
    await cloudwatch.authenticate(incoming(sns.sign(message)))


async def test_the_certificate_is_fetched_once(sns, cloudwatch):
    for _ in range(3):
        await cloudwatch.authenticate(incoming(sns.sign(notification())))
    assert sns.asked == [PATH]


@pytest.mark.parametrize(
    "name", ["Message", "MessageId", "Subject", "Timestamp", "SignatureVersion", "Signature"]
)
async def test_an_altered_field_is_refused(sns, cloudwatch, name):
    message = json.loads(sns.sign(notification()))
    message[name] = {
        "SignatureVersion": "1",
        "Signature": base64.b64encode(b"x" * 256).decode(),
        "Message": message["Message"].replace("ALARM", "OK"),
    }.get(name, message[name] + "x")
    with pytest.raises(UnauthenticatedError, match="signature"):
        await cloudwatch.authenticate(incoming(json.dumps(message).encode()))


@pytest.mark.parametrize("name", ["Token", "SubscribeURL"])
async def test_an_altered_subscription_is_refused(sns, cloudwatch, name):
    message = json.loads(sns.sign(confirmation()))
    message[name] += "x"
    with pytest.raises(UnauthenticatedError, match="signature"):
        await cloudwatch.authenticate(incoming(json.dumps(message).encode()))


async def test_a_notification_cannot_be_passed_off_as_a_subscription(sns, cloudwatch):
    message = json.loads(sns.sign(notification())) | {"Type": "UnsubscribeConfirmation"}
    with pytest.raises(UnauthenticatedError, match="signature"):
        await cloudwatch.authenticate(incoming(json.dumps(message).encode()))


@pytest.mark.parametrize("signature", ["", "no base64!", "====", "ü", "QUJD"])
async def test_what_is_no_signature_is_refused(sns, cloudwatch, signature):
    message = json.loads(sns.sign(notification())) | {"Signature": signature}
    with pytest.raises(UnauthenticatedError):
        await cloudwatch.authenticate(incoming(json.dumps(message).encode()))


@pytest.mark.parametrize("name", ["Signature", "SigningCertURL", "MessageId", "Timestamp"])
async def test_a_field_that_is_missing_is_named(sns, cloudwatch, name):
    message = json.loads(sns.sign(notification()))
    del message[name]
    with pytest.raises(PayloadError) as refused:
        await cloudwatch.authenticate(incoming(json.dumps(message).encode()))
    assert refused.value.field == name


async def test_a_later_signature_version_is_named(sns, cloudwatch):
    message = json.loads(sns.sign(notification())) | {"SignatureVersion": "3"}
    with pytest.raises(PayloadError) as refused:
        await cloudwatch.authenticate(incoming(json.dumps(message).encode()))
    assert refused.value.field == "SignatureVersion"


async def test_another_key_is_refused(sns, cloudwatch):
    stranger = rsa.generate_private_key(65537, 2048)
    with pytest.raises(UnauthenticatedError, match="does not match"):
        await cloudwatch.authenticate(incoming(sns.sign(notification(), key=stranger)))


@pytest.mark.parametrize("days", [-60, 60])
async def test_a_certificate_out_of_its_time_is_refused(sns, cloudwatch, days):
    begun = NOW + timedelta(days=days)
    sns.documents[PATH] = sns.authority.issue("sns.amazonaws.com", sns.key, begun=begun)
    with pytest.raises(UnauthenticatedError, match="not valid at this time"):
        await cloudwatch.authenticate(incoming(sns.sign(notification())))


async def test_a_certificate_that_was_kept_is_refused_when_it_expires(sns):
    now = NOW
    cloudwatch = CloudWatch(frozenset({TOPIC}), sns.fetch(), lambda: now)
    message = incoming(sns.sign(notification()))
    await cloudwatch.authenticate(message)
    now = NOW + timedelta(days=31)
    with pytest.raises(UnauthenticatedError, match="not valid at this time"):
        await cloudwatch.authenticate(message)


@pytest.mark.parametrize("document", [b"", b"<html>", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
async def test_a_document_that_is_no_certificate_is_refused(sns, cloudwatch, document):
    sns.documents[PATH] = document
    with pytest.raises(UnauthenticatedError, match="no certificate"):
        await cloudwatch.authenticate(incoming(sns.sign(notification())))


async def test_a_certificate_with_another_kind_of_key_is_refused(sns, cloudwatch):
    key = ec.generate_private_key(ec.SECP256R1())
    sns.documents[PATH] = sns.authority.issue("sns.amazonaws.com", key)
    with pytest.raises(UnauthenticatedError, match="no RSA key"):
        await cloudwatch.authenticate(incoming(sns.sign(notification())))


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.us-west-2.amazonaws.com.evil.com/a.pem",
        "https://evil.com/sns.us-west-2.amazonaws.com/a.pem",
        "https://sns.us-west-2.amazonaws.com@evil.com/a.pem",
        "https://user@sns.us-west-2.amazonaws.com/a.pem",
        "https://sns.us-west-2.amazonaws.com:8443/a.pem",
        "https://sns.us-west-2.amazonaws.com:443/a.pem",
        "http://sns.us-west-2.amazonaws.com/a.pem",
        "https://s3.us-west-2.amazonaws.com/a.pem",
        "https://sns.us-west-2.amazonaws.com/a.pem?x=.pem",
        "https://sns.us-west-2.amazonaws.com/?Action=x&y=.pem",
        "https://sns.us-west-2.amazonaws.com/a.pem#.pem",
        "https://sns.us-west-2.amazonaws.com/../a.pem",
        "https://sns.us-west-2.amazonaws.com/a.txt",
        "https://sns.us-west-2.amazonaws.com\\@evil.com/a.pem",
        "https://sns.us-west-2.amazonaws.com/a.pem\n",
        "https://sns..amazonaws.com/a.pem",
        "https://sns.evil.com/.amazonaws.com/a.pem",
        "https://sns.us-west-2.amazonaws.com.cn.evil.com/a.pem",
        "https://sns.us-west-2xamazonaws.com/a.pem",
        "https://snsxus-west-2.amazonaws.com/a.pem",
        "https://ＳＮＳ.us-west-2.amazonaws.com/a.pem",
        "file:///etc/a.pem",
        "",
    ],
)
async def test_certificates_of_others_are_never_fetched(sns, cloudwatch, url):
    message = sns.sign(notification(SigningCertURL=url))
    with pytest.raises(UnauthenticatedError, match="SigningCertURL"):
        await cloudwatch.authenticate(incoming(message))
    assert sns.asked == []


async def test_a_stranger_s_topic_is_refused_before_anything_is_fetched(sns, cloudwatch):
    message = sns.sign(notification(TopicArn="arn:aws:sns:us-west-2:666:MyTopic"))
    with pytest.raises(UnauthenticatedError, match="TopicArn"):
        await cloudwatch.authenticate(incoming(message))
    assert sns.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 403, 404, 500])
async def test_no_certificate_now_is_no_wrong_signature(sns, cloudwatch, status):
    sns.status = status
    message = incoming(sns.sign(notification()))
    with pytest.raises(UnreachableError, match=str(status)):
        await cloudwatch.authenticate(message)
    assert sns.asked == [PATH]  # a redirect is not followed
    sns.status = 200
    await cloudwatch.authenticate(message)


async def test_a_document_of_any_length_is_not_read_to_its_end(sns, cloudwatch):
    sns.documents[PATH] = b"x" * 10_000_000
    with pytest.raises(UnreachableError, match="more than"):
        await cloudwatch.authenticate(incoming(sns.sign(notification())))


async def test_a_server_that_the_system_does_not_trust_is_not_asked(sns, cloudwatch, tmp_path):
    strict = HttpsFetch(resolver=sns.fetch()._resolver)
    cloudwatch = CloudWatch(frozenset({TOPIC}), strict, lambda: NOW)
    with pytest.raises(UnreachableError, match="Certificate"):
        await cloudwatch.authenticate(incoming(sns.sign(notification())))
    assert sns.asked == []


async def test_a_server_with_another_name_is_not_asked(sns):
    # The stand-in's own certificate is for us-west-2 alone.
    url = CERTIFICATE.replace("us-west-2", "eu-west-1")
    cloudwatch = CloudWatch(frozenset({TOPIC}), sns.fetch(), lambda: NOW)
    with pytest.raises(UnreachableError, match="Certificate"):
        await cloudwatch.authenticate(incoming(sns.sign(notification(SigningCertURL=url))))
    assert sns.asked == []


async def test_nobody_there_is_no_wrong_signature(sns):
    sns.port = 9  # discard: nothing listens
    cloudwatch = CloudWatch(frozenset({TOPIC}), sns.fetch(), lambda: NOW)
    with pytest.raises(UnreachableError):
        await cloudwatch.authenticate(incoming(sns.sign(notification())))


async def test_a_subscription_is_confirmed(sns, cloudwatch):
    message = incoming(sns.sign(confirmation()))
    await cloudwatch.authenticate(message)
    delivery = cloudwatch.parse(message)
    assert delivery.alerts == ()
    assert sns.asked == [PATH]  # only who is asked to shakes hands
    await delivery.handshake()
    assert sns.asked[1].startswith("/?Action=ConfirmSubscription&TopicArn=arn:aws:sns")
    assert "Token=2336412f37" in sns.asked[1]


async def test_a_subscription_that_sns_does_not_confirm_now_may_come_again(sns, cloudwatch):
    message = incoming(sns.sign(confirmation()))
    await cloudwatch.authenticate(message)
    sns.status = 500
    with pytest.raises(UnreachableError):
        await cloudwatch.parse(message).handshake()


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        f"https://{HOST}.evil.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        f"https://{HOST}:8443/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        f"https://a@{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        f"http://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        f"https://{HOST}/?Action=DeleteTopic&TopicArn={TOPIC}&Token=1",
        f"https://{HOST}/?Action=ConfirmSubscription&Action=DeleteTopic&TopicArn={TOPIC}",
        f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}2&Token=1",
        f"https://{HOST}/?Action=ConfirmSubscription&Token=1",
        f"https://{HOST}/other?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        f"https://{HOST}/? Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
    ],
)
async def test_only_the_confirmation_of_this_topic_is_visited(sns, cloudwatch, url):
    changed = confirmation()
    del changed["SubscribeURL"]
    message = incoming(sns.sign(changed if url is None else changed | {"SubscribeURL": url}))
    await cloudwatch.authenticate(message)  # signed, and yet
    with pytest.raises(UnauthenticatedError, match="SubscribeURL"):
        await cloudwatch.parse(message).handshake()
    assert sns.asked == [PATH]


async def test_the_end_of_a_subscription_is_taken_and_not_undone(sns, cloudwatch):
    message = incoming(sns.sign(confirmation(Type="UnsubscribeConfirmation")))
    await cloudwatch.authenticate(message)
    delivery = cloudwatch.parse(message)
    assert (delivery.alerts, delivery.handshake) == ((), None)
