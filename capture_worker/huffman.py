"""The Huffman tables that an MJPEG camera may leave out because every reader is supposed to have them.

Owns: the tables of ITU T.81, annex K.3, as one DHT segment.
Does not own: where it goes (`exif`).
Invariant: constant.
"""

from __future__ import annotations

_DC_SYMBOLS = "000102030405060708090a0b"

# Class and number of the table (00: luma DC, 10: luma AC, 01: chroma DC, 11: chroma AC), codes of each length, symbols.
_TABLES = (
    ("00", "00010501010101010100000000000000", _DC_SYMBOLS),
    (
        "10",
        "0002010303020403050504040000017d",
        (
            "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738"
            "393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5"
            "a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
        ),
    ),
    ("01", "00030101010101010101010000000000", _DC_SYMBOLS),
    (
        "11",
        "00020102040403040705040400010277",
        (
            "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a353637"
            "38393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3"
            "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
        ),
    ),
)
_BODY = bytes.fromhex("".join(number + lengths + symbols for number, lengths, symbols in _TABLES))

STANDARD_DHT = b"\xff\xc4" + (len(_BODY) + 2).to_bytes(2, "big") + _BODY
"""The whole segment with its marker."""
