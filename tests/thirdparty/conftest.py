"""What outside authors write. The distribution here is built, installed and tested by itself."""

collect_ignore = ["raum-order-numbers"]
