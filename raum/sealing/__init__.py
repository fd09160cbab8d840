"""The proof that an audit log is whole: hashes of entries, chained into signed segments, and their verification."""
