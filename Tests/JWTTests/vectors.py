#!/usr/bin/python3
"""Makes vectors.json: keys, and tokens that PyJWT has signed with them. It needs PyJWT and cryptography."""
import json

import jwt
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm


def pem(key):
    return key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(maker, key, name):
    made = json.loads(maker.to_jwk(key.public_key()))
    made.pop("key_ops", None)
    return made | {"kid": name}


RSA = rsa.generate_private_key(65537, 2048)
P256, P384, P521 = (ec.generate_private_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()))
ED = ed25519.Ed25519PrivateKey.generate()
SECRET = "correct horse battery staple, and more of it to have 64 bytes, or 66"
KEYS = {"HS": SECRET, "RS": RSA, "PS": RSA, "ES256": P256, "ES384": P384, "ES512": P521, "EdDSA": ED}
CLAIMS = {"sub": "anna", "exp": 4102444800}
ALGORITHMS = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA".split()

print(json.dumps({
    "secret": SECRET,
    "pem": {
        "rsa": pem(RSA), "p256": pem(P256), "p384": pem(P384), "p521": pem(P521), "ed25519": pem(ED),
        "short": pem(rsa.generate_private_key(65537, 1024)), "koblitz": pem(ec.generate_private_key(ec.SECP256K1())),
        "private": P256.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode(),
    },
    "set": {"keys": [jwk(RSAAlgorithm, RSA, "r"), jwk(ECAlgorithm, P256, "e"), jwk(OKPAlgorithm, ED, "d")]},
    "private set": {"keys": [json.loads(RSAAlgorithm.to_jwk(RSA))]},
    "tokens": {
        name: jwt.encode(CLAIMS, KEYS.get(name) or KEYS[name[:2]], algorithm=name) for name in ALGORITHMS
    },
    "named": {
        kid: jwt.encode(CLAIMS, key, algorithm=name, headers={"kid": kid})
        for kid, key, name in (("r", RSA, "RS256"), ("e", P256, "ES256"), ("d", ED, "EdDSA"))
    },
}, indent=1))
