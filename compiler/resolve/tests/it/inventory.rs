//! Hosts, stores, keys, credentials, monitors, repositories, networks, environments, mounts.

use insta::assert_snapshot;
use jiff::civil::date;
use thrice_model::{
    AccessPath, Holder, HostKind, LockMode, MonitorKind, Right, RunnerKind, StoreKind, Versioning,
};
use thrice_quantity::{Bytes, Ratio};

use crate::support::{codes, model, shown, with_places};

#[test]
fn a_host_with_all_its_clauses() {
    let model = model(&with_places(
        "/// Production.\n/// All of it.\nhost vpai at ovh/gravelines since t0 until nas {
    cost 6..12 EUR/month; once 300 EUR; timezone \"Europe/Paris\"
    runs cron, executor; runs zerobyte 0.41
    has restic 0.18.0, postgresql 15
    store local { medium nvme; capacity 80 GB; tier hot; mounted at /srv/; readers n8n of /data, \"staff\" }
    store later since nas { capacity 1 TB }
    link 12 MB/s; transit only; role \"orchestrator\"; not always on
    service postgres { container \"vpai_postgresql\" }
    service n8n { after postgres }
}",
    ));
    let (_, host) = model.hosts.iter().next().unwrap();
    assert_eq!(host.named.name, "vpai");
    assert_eq!(host.named.doc, "Production.\nAll of it.");
    assert_eq!(host.kind, HostKind::Host);
    assert_eq!(model.sites[host.site].named.name, "ovh/gravelines");
    assert_eq!(host.lifetime.from, date(2026, 2, 15));
    assert_eq!(host.lifetime.until, Some(date(2026, 8, 15)));
    assert_eq!(host.monthly.unwrap().0.to_string(), "6 EUR..12 EUR");
    assert_eq!(host.once.unwrap().0.to_string(), "300 EUR");
    assert_eq!(host.timezone, "Europe/Paris");
    assert!(host.transit_only && !host.always_on && host.link.is_some());
    let runners: Vec<RunnerKind> = host.runners.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        runners,
        [RunnerKind::Cron, RunnerKind::Executor, RunnerKind::Zerobyte]
    );
    let tools: Vec<_> = host
        .tools
        .iter()
        .map(|t| (t.name.as_str(), t.version.unwrap().to_string()))
        .collect();
    assert_eq!(
        tools,
        [
            ("zerobyte", "0.41.0".to_owned()),
            ("restic", "0.18.0".to_owned()),
            ("postgresql", "15.0.0".to_owned())
        ]
    );

    let stores: Vec<_> = model.stores.iter().map(|(_, store)| store).collect();
    let [later, local] = stores.as_slice() else {
        panic!()
    };
    assert_eq!(local.named.name, "vpai.local");
    assert_eq!(local.mounted_at, "/srv");
    assert_eq!(local.capacity.unwrap().0, Bytes(80_000_000_000));
    assert_eq!(local.lifetime.from, date(2026, 2, 15), "that of its host");
    assert_eq!(
        local.lifetime.until,
        Some(date(2026, 8, 15)),
        "that of its host"
    );
    let readers: Vec<_> = local.readers.iter().map(|r| (&*r.who, &*r.path)).collect();
    assert_eq!(readers, [("vpai.n8n", "/data"), ("staff", "/")]);
    assert_eq!(later.lifetime.from, date(2026, 8, 15));

    let services: Vec<_> = model.services.iter().collect();
    assert_eq!(services[0].1.named.name, "vpai.n8n");
    assert_eq!(services[0].1.after, [services[1].0]);
    assert_eq!(services[1].1.container.as_deref(), Some("vpai_postgresql"));
}

#[test]
fn versions_that_nothing_has_are_told() {
    let places = "host web at ovh/gravelines {
    runs cron, zerobyte 0.41.0.2
    has restic 0.99999999999999999999, rclone banana, redis 0.18.999999
    has postgresql \"15\", curl
    store local { medium nvme }
}
key k { held on web }
repository safe in web.local:/safe { engine restic 0.18.1.2; key k }";
    assert_snapshot!(shown(&with_places(places)));
}

#[test]
fn an_object_storage_with_buckets() {
    let model = model(&with_places(
        "object_storage s3 at hetzner/fsn1 since nas {
    endpoint \"fsn1.your-objectstorage.com\"; region \"fsn1\"; included 1 TB; cost 4.99 EUR/month
    bucket backups \"vpai-backups\" { versioning on; lock compliance 30d; quota 500 GB; encryption sse }
    bucket shared { readers preprod of /seed-data }
}
host p at ovh/gravelines
environment preprod { on p }",
    ));
    let (_, host) = model.hosts.iter().nth(1).unwrap();
    assert_eq!(host.kind, HostKind::ObjectStorage);
    assert_eq!(host.runners[0].0, RunnerKind::Lifecycle);
    assert_eq!(host.included.unwrap().0, Bytes(1_000_000_000_000));
    let stores: Vec<_> = model.stores.iter().map(|(_, store)| store).collect();
    assert_eq!(stores[0].kind, StoreKind::Bucket);
    assert_eq!(stores[0].bucket, "vpai-backups");
    assert_eq!(stores[0].versioning, Versioning::On);
    let lock = stores[0].lock.unwrap();
    assert_eq!((lock.mode, lock.days), (LockMode::Compliance, 30));
    assert!(stores[0].server_side_encryption);
    assert_eq!(
        stores[1].bucket, "shared",
        "the name itself where no other is said"
    );
    assert_eq!(stores[1].readers[0].who, "preprod");
}

#[test]
fn layouts_give_capacities() {
    for (layout, bytes) in [
        ("mirror of 2 x 6 TB", 6),
        ("stripe of 3 x 6 TB", 18),
        ("raidz1 of 4 x 2 TB", 6),
        ("raidz2 of 4 x 2 TB", 4),
    ] {
        let text = format!("nas n at home/rack {{ store tank {{ layout {layout} }} }}");
        let model = model(&with_places(&text));
        let (_, store) = model.stores.iter().next().unwrap();
        assert_eq!(
            store.capacity.unwrap().0,
            Bytes(bytes * 1_000_000_000_000),
            "{layout}"
        );
    }
    let fits = "nas n at home/rack { store tank { capacity 5.4 TB; layout mirror of 2 x 6 TB } }";
    let (_, store) = model(&with_places(fits))
        .stores
        .iter()
        .next()
        .map(|(i, s)| (i, s.clone()))
        .unwrap();
    assert_eq!(
        store.capacity.unwrap().0,
        Bytes(5_400_000_000_000),
        "a file system needs room too"
    );
}

#[test]
fn capacities_that_contradict_their_disks() {
    assert_snapshot!(shown(&with_places(
        "nas truenas at home/rack {
    store tank { layout mirror of 2 x 6 TB; capacity 10..12 TB }
    store pool { layout raidz2 of 3 x 6 TB }
    store none { capacity 0 TB }
    store huge { layout stripe of 1000000000 x 20 TB }
    store bad { layout raid5 of 3 x 6 TB }
}"
    )));
}

#[test]
fn keys_credentials_and_vaults() {
    let model = model(&with_places(
        "host seko at ovh/gravelines { store local { capacity 1 TB } }
object_storage s3 at hetzner/fsn1 { bucket backups \"abc\"; bucket shared \"abd\" }
vault envelope at home/rack
vault passwords on seko
key restic_key { held on seko, envelope; held on passwords; file \"/etc/thrice/key\" }
credential s3_writer { account s3; may read, write, delete on s3.*; may administer on s3.shared of /seed-data
    held on seko; profile \"hetzner\"; file \"/etc/thrice/s3.env\" }
credential bare
repository r in s3.backups:/ { engine restic 0.17; key restic_key; credential s3_writer; max unused 10 % }",
    ));
    let key = model.keys.iter().next().unwrap().1;
    assert!(matches!(
        key.held.as_slice(),
        [
            (Holder::Host(_), _),
            (Holder::Vault(_), _),
            (Holder::Vault(_), _)
        ]
    ));
    let vaults: Vec<_> = model
        .vaults
        .iter()
        .map(|(_, v)| (v.site.is_some(), v.host.is_some()))
        .collect();
    assert_eq!(vaults, [(true, false), (false, true)]);
    let credential = model.credentials.iter().nth(1).unwrap().1;
    assert_eq!(
        credential.rights[0].stores.len(),
        2,
        "all stores of s3, and none of seko"
    );
    assert_eq!(
        credential.rights[0].rights,
        [Right::Read, Right::Write, Right::Delete]
    );
    assert_eq!(credential.rights[1].path, "/seed-data");
    assert!(!model.credentials.iter().next().unwrap().1.stated);
    let repository = model.repositories.iter().next().unwrap().1;
    assert_eq!(repository.restic.to_string(), "0.17.0");
    assert_eq!(repository.path, "/");
    assert_eq!(repository.max_unused, Ratio(100_000));
}

#[test]
fn monitors_networks_environments_and_mounts() {
    let model = model(&with_places(
        "provider healthchecks_io { site eu }
host vpai at ovh/gravelines { store local; service n8n; service nextcloud }
host pre at ovh/gravelines { service n8n }
object_storage s3 at hetzner/fsn1 { bucket shared \"abc\" }
monitor deadman { healthchecks at \"HC_PING_KEY\"; hosted by healthchecks_io }
monitor kuma { uptime-kuma at \"/etc/kuma\"; on pre }
network mesh \"Headscale\" { joins vpai, pre; speed 12 MB/s }
environment preprod { service n8n; clearance internal; on pre }
class documents is files on s3.shared:/documents { browsed by nextcloud }
mount archives of s3.shared:/documents in nextcloud since nas {
    folder \"Archives\"; for groups \"staff\"; for all users; read only; upload limit 80 MB
    limit \"no file versioning\"; limit \"slow\" }
mount disk of vpai.local in nextcloud",
    ));
    let monitors: Vec<_> = model.monitors.iter().map(|(_, m)| m).collect();
    assert_eq!(
        (monitors[0].kind, &*monitors[0].url_from),
        (MonitorKind::Healthchecks, "HC_PING_KEY")
    );
    assert!(monitors[0].provider.is_some() && monitors[1].host.is_some());
    assert_eq!(model.networks[0].hosts.len(), 2);
    let environment = model.environments.iter().next().unwrap().1;
    let service = environment.services[0];
    assert_eq!(
        model.services[service].named.name, "pre.n8n",
        "of its own host, though said before it"
    );
    let mount = &model.mounts[0];
    assert_eq!(
        (mount.access, mount.all_users, mount.read_only),
        (AccessPath::S3, true, true)
    );
    assert_eq!(mount.limits.len(), 2);
    assert_eq!(mount.classes.len(), 1);
    assert_eq!(model.mounts[1].access, AccessPath::Local);
    assert_eq!(model.mounts[1].folder, "disk");
    assert!(model.mounts[1].classes.is_empty());
}

#[test]
fn several_mistakes_in_one_host() {
    assert_snapshot!(shown(&with_places(
        "host vpai at ovh/gravelins since t1 {
    cost 14 EUR
    timezone \"Europe/Pariss\"
    runs cron, corn
    link fast
    link 12 MB/s
    lnik 12 MB/s
    store local { medium nvm; capacity 80; tier hot, cold }
    service n8n { after postgress }
    service postgres
    transit only please
}"
    )));
}

#[test]
fn heads_that_lack_something() {
    assert_snapshot!(shown(
        "host\nhost vpai\nhost web on rack\nhost a.b at home/rack\nvault v\nvault w in home\nrepository r\nmount m of\n"
    ));
}

#[test]
fn buckets_refused() {
    assert_snapshot!(shown(&with_places(
        "object_storage s3 at hetzner/fsn1 {
    endpoint \"https://fsn1.example.org\"
    bucket a_b
    bucket held \"vpai-held\" { versioning off; lock compliance 5d }
    bucket given \"vpai-given\" { lock governance 5d; versioning suspended }
    bucket logs \"vpai-logs\" { versioning maybe; lock compliance 5h; encryption kms; readers nobody of docs }
    store local { }
}"
    )));
}

#[test]
fn names_of_another_kind() {
    assert_snapshot!(shown(&with_places(
        "host seko at ovh { store local }
object_storage s3 at hetzner/fsn1 { bucket backups \"abc\" }
key k { held on seko, hetzner }
credential c { account seko; may read on s3 ; may write on s4.* ; may reed on s3.backups }
repository r in seko:/backups { key c }
network n { speed 3 MB/s }"
    )));
}

#[test]
fn monitors_without_a_place() {
    assert_snapshot!(shown(&with_places(
        "monitor a
monitor b { healthchecks at \"\" }
monitor c { healthchecks at \"https://hc-ping.com/abc\" }
monitor d { uptime-kuma at \"two words\" }
monitor e { healthchecks at HC_PING_KEY }
monitor f { healthchecks at \"X\"; uptime-kuma at \"Y\" }"
    )));
}

#[test]
fn services_are_found_by_their_host_or_asked_about() {
    assert_snapshot!(shown(&with_places(
        "host a at ovh/gravelines { service n8n; service x { after n8n } }
host b at ovh/gravelines { service n8n; service loop { after pool }; service pool { after loop } }
host c at ovh/gravelines
environment ok { on b; service n8n }
environment unclear { on c; service n8n, a.n8n, m8n }"
    )));
}

#[test]
fn what_nothing_refers_to() {
    let model = model(&with_places(
        "host seko at ovh/gravelines { store local; store spare }
key k { held on seko }
repository r in seko.local:/r { key k }",
    ));
    let unused: Vec<&str> = model.unused.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(unused, ["home", "hetzner", "nas", "seko.spare", "r"]);
}

/// What the provider gives to each key of an account must not be lost with the word `account`.
#[test]
fn a_credential_belongs_to_the_storage_that_its_rights_name() {
    let text = |account: &str, stores: &str| {
        with_places(&format!(
            "object_storage a at hetzner/fsn1 {{ bucket x \"one-x\"; bucket y \"one-y\" }}
object_storage b at hetzner/fsn1 {{ bucket z \"two-z\" }}
credential c {{ {account} may read on {stores} }}"
        ))
    };
    let account = |text: &str| {
        let model = model(text);
        let credential = model.credentials.iter().next().map(|(_, c)| c.account);
        let name = |host| model.hosts[host].named.name.to_string();
        credential.flatten().map(name)
    };
    assert_eq!(account(&text("", "a.x, a.y")).as_deref(), Some("a"));
    assert_eq!(account(&text("", "a.x, b.z")), None, "two accounts");
    assert_eq!(account(&text("account b;", "a.x")).as_deref(), Some("b"));
}

#[test]
fn a_duplicate_is_shown_with_both_places() {
    assert_snapshot!(shown(&with_places(
        "host nas at home/rack { store a; store a; service a }
schedule home = daily at 03:00 UTC"
    )));
    assert_eq!(
        codes("phase a = 2026-01-01\nphase a = 2026-01-02"),
        ["T0202"]
    );
}
