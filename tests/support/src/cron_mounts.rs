//! What a private cron sees in place of the machine's own folders, as shell.

use std::fs;
use std::path::Path;

/// `show SOURCE PLACE` mounts a folder at a place, on a writable layer over what is there if the
/// place has to be made first.
pub(crate) const MOUNTS: &str = r#"
layers=0
show() {
  base=$2
  while [ ! -d "$base" ]; do base=$(dirname -- "$base"); done
  if [ "$base" = / ]; then echo "nothing to mount $2 on"; exit 1; fi
  if [ "$base" != "$2" ]; then
    layers=$((layers + 1))
    mkdir "layer$layers"
    mount -t tmpfs tmpfs "layer$layers"
    mkdir "layer$layers/upper" "layer$layers/work"
    mount -t overlay overlay \
      -o "lowerdir=$base,upperdir=$PWD/layer$layers/upper,workdir=$PWD/layer$layers/work" "$base"
    mkdir -p -- "$2"
  fi
  mount --bind -- "$1" "$2"
}
"#;

/// What cron must not share with the machine. On a new `/run` it finds no sign of an earlier start,
/// so it runs `@reboot` jobs.
pub(crate) const PRIVATE: &str = r#"
mount -t tmpfs tmpfs dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm
ln -s /proc/self/fd dev/fd
ln -s "$PWD/log" dev/log
mount --bind crontab /etc/crontab
mount --bind cron.d /etc/cron.d
mount --bind spool /var/spool/cron/crontabs
mount --rbind dev /dev
mount -t tmpfs tmpfs /run
"#;

/// The library that gives a program another clock; Debian keeps it in a folder of the machine's kind.
pub(crate) fn faketime() -> String {
    let kinds = fs::read_dir("/usr/lib")
        .expect("a machine has libraries")
        .filter_map(Result::ok);
    kinds
        .map(|kind| kind.path().join("faketime/libfaketime.so.1"))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("libfaketime is missing: run `.ci/setup test`"))
        .to_string_lossy()
        .into_owned()
}

/// A path as one word of the shell.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}
