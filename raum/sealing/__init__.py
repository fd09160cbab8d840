"""The proof that an audit log is whole: hashes of entries, signed and chained segments, and their verification."""
