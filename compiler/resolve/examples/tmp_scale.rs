use std::time::Instant;
use thrice_diagnostics::SourceMap;
use thrice_resolve::{Loader, resolve};
struct N;
impl Loader for N { fn load(&self, _: &str, _: &str) -> Result<(String, String), String> { Err("x".into()) } }
const HEAD: &str = "provider p { site a }\nhost h at p/a { runs cron; store d { capacity 1 TB }; store e { capacity 1 TB }; service s }\nhost g at p/a { service s }\nenvironment v { on h }\n";
fn list(n: usize, p: &str) -> String { (0..n).map(|i| format!("{p}{i}")).collect::<Vec<_>>().join(", ") }
fn classes(n: usize) -> String { (0..n).map(|i| format!("class c{i} is files on h.d:/x{i} {{ size 1..2 GB; browsed by h.s }}\n")).collect() }
fn main() {
    let cases: Vec<(&str, Box<dyn Fn(usize) -> String>)> = vec![
        ("classes", Box::new(classes)),
        ("of list", Box::new(|n| classes(n) + &format!("copy k of {} to h.e:/b by h.cron {{ daily at 03:00 UTC }}\n", list(n, "c")))),
        ("of list from step", Box::new(|n| classes(n) + &format!("copy k of {0} to h.e:/b by h.cron {{ daily at 03:00 UTC }}\ncopy l of {0} from k to h.e:/z by h.cron {{ daily at 03:00 UTC }}\n", list(n, "c")))),
        ("selection", Box::new(|n| classes(n) + &format!("require rpo <= 26h for {}\n", list(n, "c")))),
        ("except", Box::new(|n| classes(n) + &format!("require rpo <= 26h for all except {}\n", list(n, "c")))),
        ("requires", Box::new(|n| classes(n) + &"require rpo <= 26h for all\n".repeat(n / 10))),
        ("skip", Box::new(|n| format!("skip {} because \"x\"\n", list(n, "c")))),
        ("skips", Box::new(|n| (0..n).map(|i| format!("skip c{i} because \"x\"\n")).collect())),
        ("parts", Box::new(|n| format!("class c is state on h.d:/x {{ parts {} }}\n", list(n, "c")))),
        ("fields", Box::new(|n| format!("class c is state on h.d:/x {{ parts {}; fields {{ {} }} }}\n", list(n, "c"), (0..n).map(|i| format!("c{i}.x personal;")).collect::<String>()))),
        ("mounts", Box::new(|n| classes(n) + &(0..n).map(|i| format!("mount m{i} of h.d:/x{i} in h.s\n")).collect::<String>())),
        ("mounts+steps", Box::new(|n| classes(n) + &(0..n).map(|i| format!("mount m{i} of h.e:/y{i} in h.s\ncopy k{i} of c{i} to h.e:/y{i} by h.cron {{ daily at 03:00 UTC }}\n")).collect::<String>())),
        ("seed rules", Box::new(|n| classes(1) + &format!("seed z of c0 to v by h.cron {{ daily at 03:00 UTC; keep {} }}\n", list(n, "f")))),
        ("after chain", Box::new(|n| classes(1) + &(0..n).map(|i| format!("copy k{i} of c0 to h.e:/y{i} by h.cron {{ daily at 03:00 UTC{} }}\n", if i > 0 { format!("; after k{}", i - 1) } else { String::new() })).collect::<String>())),
        ("after all", Box::new(|n| classes(1) + &(0..n).map(|i| format!("copy k{i} of c0 to h.e:/y{i} by h.cron {{ daily at 03:00 UTC }}\n")).collect::<String>() + &format!("copy z of c0 to h.e:/z by h.cron {{ daily at 03:00 UTC; after {} }}\n", list(n, "k")))),
        ("services", Box::new(|n| (0..n).map(|i| format!("host x{i} at p/a {{ service w; store d {{ readers w{} }} }}\n", "")).collect())),
        ("phases", Box::new(|n| format!("phase q0 = 2026-01-01\n") + &(1..n).map(|i| format!("phase q{i} = q{} + 1h\n", i - 1)).collect::<String>())),
        ("dup names", Box::new(|n| "class c is files on h.d:/x\n".repeat(n))),
        ("unknown names", Box::new(|n| (0..n).map(|i| format!("class c{i} is files on h.dd{i}:/x\n")).collect())),
        ("unknown clauses", Box::new(|n| (0..n).map(|i| format!("class c{i} is files on h.d:/x {{ sice 1 GB }}\n")).collect())),
        ("unknown statements", Box::new(|n| (0..n).map(|i| format!("clas c{i} is files on h.d:/x\n")).collect())),
        ("unknown services", Box::new(|n| (0..n).map(|i| format!("class c{i} is files on h.d:/x {{ service t{i} }}\n")).collect::<String>() + &(0..n).map(|i| format!("host x{i} at p/a {{ service w{i} }}\n")).collect::<String>())),
        ("wrong kind", Box::new(|n| (0..n).map(|i| format!("class c{i} is files on c{i}:/x\n")).collect())),
        ("ambiguous", Box::new(|n| (0..n).map(|i| format!("class c{i} is files on h.d:/x {{ service s }}\nhost x{i} at p/a {{ service s }}\n")).collect())),
        ("accepts", Box::new(|n| classes(n) + &(0..n).map(|i| format!("accept copies for c{i} because \"x\" by \"y\" until 2027-01-01\n")).collect::<String>())),
        ("rights", Box::new(|n| (0..n).map(|i| format!("object_storage o{i} at p/a {{ bucket b \"bucket-{i}\" {{ tier warm }} }}\ncredential r{i} {{ may read on o{i}.* }}\n")).collect())),
        ("headrooms", Box::new(|n| (0..n).map(|i| format!("host x{i} at p/a {{ store d }}\nrequire headroom 20 % on x{i}\n")).collect())),
        ("zones", Box::new(|n| classes(1) + &(0..n).map(|i| format!("copy k{i} of c0 to h.e:/y{i} by h.cron {{ daily at 02:30 \"Europe/Paris\" }}\n")).collect::<String>())),
        ("uses", Box::new(|n| (0..n).map(|i| format!("use \"f{i}\"\n")).collect())),
        ("loss", Box::new(|n| classes(1) + &(0..n).map(|i| format!("host x{i} at p/a\n")).collect::<String>() + &format!("require survive loss of {} for all\n", list(n, "x").replace(", ", " and ")))),
        ("cycles", Box::new(|n| (0..n).map(|i| format!("phase a{i} = b{i} + 1h\nphase b{i} = a{i} + 1h\n")).collect())),
    ];
    for (name, make) in cases {
        let mut out = format!("{name:20}");
        for n in if name == "mounts+steps" { [100, 200, 400] } else { [2_500, 5_000, 10_000] } {
            let text = HEAD.to_owned() + &make(n);
            let mut s = SourceMap::new();
            let r = s.add("a", text);
            let t = Instant::now();
            let (m, f) = resolve(&mut s, &[r], "x", jiff::civil::date(2026, 1, 1), &N);
            out += &format!(" {:6} ms ({} {})", t.elapsed().as_millis(), m.is_some(), f.len());
        }
        println!("{out}");
    }
}
