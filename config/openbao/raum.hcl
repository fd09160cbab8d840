# What the host's token may do: use the key, and nothing about it. `update` alone makes no key that is not there.
path "transit/encrypt/raum" {
  capabilities = ["update"]
}
path "transit/decrypt/raum" {
  capabilities = ["update"]
}
path "transit/rewrap/raum" {
  capabilities = ["update"]
}

# And about itself: see how long it is good for, and renew itself.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
