# rclone has a name of its own for what AWS' tools call so, and before 1.75 it fails where this is set.
trust_authorities() {
  if [[ -n ${AWS_CA_BUNDLE:-} ]]; then
    export RCLONE_CA_CERT=$AWS_CA_BUNDLE
  fi
  unset AWS_CA_BUNDLE
}
