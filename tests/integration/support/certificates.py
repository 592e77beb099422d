"""Certificates for tests."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path
    fingerprint: str  # SHA-256, in hexadecimal digits


def make_certificate(folder, name="test.example", *, kind="ec", days=365.0, issuer=None):
    """A pair in `folder`, which replaces one of the same name and kind. `kind`: "ec" or the bits of an RSA key.

    It has begun 400 days ago and ends in `days`. `issuer` signs it; else it signs itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, int(kind))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer_name, signer_key = subject, key
    if issuer:
        signer_name = x509.load_pem_x509_certificate(issuer.certificate.read_bytes()).subject
        signer_key = serialization.load_pem_private_key(issuer.key.read_bytes(), None)
    now = datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 400 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(signer_key, hashes.SHA256())
    )
    stem = f"{name.replace('*', 'any')}-{kind}"
    pair = Pair(folder / f"{stem}.pem", folder / f"{stem}.key", certificate.fingerprint(hashes.SHA256()).hex())
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return pair
