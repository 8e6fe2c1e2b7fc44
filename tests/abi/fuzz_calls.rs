//! tests/c/fuzz_calls.h: every exported function, called with random arguments, and every structure that
//! it may return, read to its last byte. What the random arguments are is for tests/c/fuzz_api.c to say.

use super::prototypes::{base, constants, end_of, functions, structures, Function, Structure};
use std::fmt::Write as _;

/// Those that wait, and have neither options nor a wait_ms that would bound it: as long as a call
/// of the client may take, and until another thread closes what they wait on.
const WAIT: [&str; 7] = [
    "etcd_range_next",
    "etcd_get",
    "etcd_set",
    "etcd_delete",
    "etcd_leader",
    "etcd_unlock",
    // For the callbacks in progress.
    "etcd_queue_free",
];
const WAIT_FOR_EVER: [&str; 2] = ["etcd_watch", "etcd_lock"];

fn waits_for_ever(function: &Function<'_>) -> bool {
    WAIT_FOR_EVER.contains(&function.name) || function.comment.contains("0 is no deadline")
}

struct Headers<'a> {
    functions: Vec<Function<'a>>,
    structures: Vec<Structure<'a>>,
}

impl<'a> Headers<'a> {
    fn is_structure(&self, name: &str) -> bool {
        self.structures.iter().any(|of| of.name == name)
    }

    /// What ends the life of an object of this type, if the caller has to.
    fn end_of(&self, name: &str) -> Option<&'a str> {
        end_of(name, &self.functions)
    }

    /// A number that is looked up, and may be stale.
    fn is_handle(&self, name: &str) -> bool {
        name != "etcd_event_t"
            && name != "char"
            && !self.is_structure(name)
            && self.end_of(name).is_some()
    }

    /// The types whose objects are kept for later calls.
    fn kept(&self) -> Vec<&'a str> {
        let outs = self.functions.iter().flat_map(|of| &of.arguments);
        let outs = outs.filter(|(of, _)| of.ends_with("**")).map(|(of, _)| base(of));
        let results = self.functions.iter().map(|of| base(of.result));
        let mut all: Vec<_> = outs.chain(results).filter(|of| self.end_of(of).is_some()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn is_read(&self, name: &str) -> bool {
        let written = ["etcd_handler_t", "etcd_counters_t", "etcd_server"];
        self.is_structure(name) && !name.ends_with("_options_t") && !written.contains(&name)
    }
}

/// What reads a field of a structure that the library has made.
fn read(structure: &Structure<'_>, of: &str, name: &str, all: &Headers<'_>) -> String {
    let count = format!("{}_count", name.strip_suffix('s').unwrap_or(name));
    let has_count = structure.fields.iter().any(|(_, other)| *other == count);
    let each = |what: &str| {
        format!("  for (i = 0; i < x->{count}; i++) {what};\n  CHECK(x->{count} == 0 || x->{name} != NULL);\n")
    };
    let to = base(of).trim_end_matches(" *const");
    match of {
        "etcd_bytes_t" => format!("  read_bytes(x->{name});\n"),
        "const char *" => format!("  read_text(x->{name});\n"),
        "const char *const *" => each(&format!("read_text(x->{name}[i])")),
        "const void *" => format!("  CHECK(x->{name} == NULL);\n"),
        _ if of.ends_with("*const *") => each(&format!("read_{to}(x->{name}[i])")),
        "const etcd_bytes_t *" => each(&format!("read_bytes(x->{name}[i])")),
        _ if has_count && !all.is_structure(to) => {
            each(&format!("read_number((uint64_t)x->{name}[i])"))
        }
        _ if has_count => each(&format!("read_{to}(&x->{name}[i])")),
        _ if of.ends_with('*') => format!("  if (x->{name} != NULL) read_{to}(x->{name});\n"),
        _ if all.is_structure(of) => format!("  read_{of}(&x->{name});\n"),
        _ if name == "reserved" => "  CHECK(x->reserved == 0);\n".to_owned(),
        _ => format!("  read_number((uint64_t)x->{name});\n"),
    }
}

fn readers(all: &Headers<'_>, text: &mut String) {
    let read_ones: Vec<_> = all.structures.iter().filter(|of| all.is_read(of.name)).collect();
    let read_ones: Vec<_> = read_ones.into_iter().filter(|of| of.name != "etcd_bytes_t").collect();
    for Structure { name, .. } in &read_ones {
        let _ = writeln!(text, "static void read_{name}(const {name} *x);");
    }
    for structure in read_ones {
        let name = structure.name;
        let fields = structure.fields.iter();
        let lines: String = fields.map(|(of, field)| read(structure, of, field, all)).collect();
        let i = if lines.contains("for (i") { "  size_t i;\n" } else { "" };
        let _ = write!(text, "\nstatic void read_{name}(const {name} *x) {{\n{i}{lines}}}\n");
    }
}

/// Options: each field is a random one, which is 0 most of the time.
fn options(structure: &Structure<'_>, text: &mut String) {
    let name = structure.name;
    let init = name.trim_end_matches("_t").to_uppercase();
    let _ = write!(
        text,
        "\nstruct room_{name} {{\n  {name} o;\n  uint8_t tail[TAIL];\n}};\n\n\
         static {name} *any_{name}(struct room_{name} *room) {{\n  \
         const {name} init = {init}_INIT;\n  memset(room, 0, sizeof *room);\n  room->o = init;\n",
    );
    for (of, field) in structure.fields.iter().skip(1) {
        let random = match *of {
            "const char *" => "text".to_owned(),
            "void *" => "argument".to_owned(),
            _ => of.to_string(),
        };
        let _ = writeln!(text, "  room->o.{field} = any_{random}(\"{name}.{field}\");");
    }
    text.push_str("  any_size(&room->o.size, sizeof init, room->tail);\n");
    text.push_str("  return any_presence() ? &room->o : NULL;\n}\n");
}

/// The declarations before a call, the argument itself, and what follows the call.
fn argument(function: &Function<'_>, of: &str, name: &str, all: &Headers<'_>) -> [String; 3] {
    let to = base(of);
    let one = |before: String| [before, name.to_owned(), String::new()];
    let frees = function.name.ends_with("_free");
    match (of, name) {
        ("etcd_event_t **", "events") => [
            "  etcd_event_t *events[ROOM] = { NULL };\n".to_owned(),
            "events".to_owned(),
            "  got_events(got, events, count, capacity);\n".to_owned(),
        ],
        ("size_t", "capacity") => one("  size_t capacity = below(ROOM + 1);\n".to_owned()),
        ("size_t *", "count") => [
            "  size_t count = ROOM + 1;\n".to_owned(),
            "&count".to_owned(),
            "  CHECK(got == ETCD_OK || count == 0);\n".to_owned(),
        ],
        ("uint8_t *", "end") => one("  uint8_t end[ROOM];\n".to_owned()),
        ("int *", _) => [
            format!("  int {name} = -7;\n"),
            format!("&{name}"),
            format!("  CHECK(got == ETCD_OK || {name} == -7);\n"),
        ],
        ("const int *", _) => {
            [format!("  int {name} = any_index();\n"), format!("&{name}"), String::new()]
        }
        ("etcd_error_t **", "err") => [
            "  OUT(etcd_error_t, err);\n".to_owned(),
            "at_err".to_owned(),
            "  if (at_err != NULL) fits(got, err);\n".to_owned(),
        ],
        ("etcd_error_t **", _) => [
            format!("  OUT(etcd_error_t, {name});\n"),
            format!("at_{name}"),
            format!("  if (at_{name} != NULL) keep_last_error(got, {name});\n"),
        ],
        ("char **", _) if function.result == "etcd_result" => [
            format!("  OUT(char, {name});\n"),
            format!("at_{name}"),
            format!("  if (at_{name} != NULL) got_classic(got, {name});\n"),
        ],
        _ if of.ends_with("**") => [
            format!("  OUT({to}, {name});\n"),
            format!("at_{name}"),
            format!("  if (is_there(got, (void **)at_{name}, {name})) keep_{to}({name});\n"),
        ],
        ("int32_t", "kind") if function.argument("event").is_some() => {
            one("  int32_t kind = any_kind(event);\n".to_owned())
        }
        ("const char *", _) => one(format!("  const char *{name} = any_text(\"{name}\");\n")),
        ("etcd_stm_t *", _) => one(format!("  etcd_stm_t *{name} = any_stm();\n")),
        ("const etcd_server *", _) => {
            one(format!("  const etcd_server *{name} = any_servers();\n"))
        }
        ("etcd_session", _) => {
            let any = if function.name.starts_with("etcd_close") { "last" } else { "any_handle" };
            one(format!("  etcd_session {name} = {any}(KIND_etcd_client_t);\n"))
        }
        ("void *", _) => one(format!("  void *{name} = any_argument(\"{name}\");\n")),
        ("unsigned int", _) => one(format!("  unsigned int {name} = any_uint32_t(\"{name}\");\n")),
        ("etcd_counters_t *", _) => one(format!(
            "  struct room_{to} {name}_room;\n  {to} *{name} = any_{to}(&{name}_room);\n"
        )),
        _ if to.ends_with("_options_t") => one(format!(
            "  struct room_{to} {name}_room;\n  const {to} *{name} = any_{to}(&{name}_room);\n"
        )),
        _ if of.ends_with('*') && all.is_handle(to) => {
            let any = match name {
                _ if all.end_of(to) == Some(function.name) => "last",
                // A stream may do without.
                "queue" if function.name.ends_with("_open") => "any_or_none",
                _ => "any_handle",
            };
            one(format!("  {to} *{name} = {any}(KIND_{to});\n"))
        }
        // Memory, which belongs to one thread, and is freed once.
        _ if of.ends_with('*') && all.end_of(to).is_some() => [
            format!("  {to} *{name} = take(KIND_{to});\n"),
            name.to_owned(),
            if frees { String::new() } else { format!("  keep_{to}({name});\n") },
        ],
        _ if of.ends_with('*') => panic!("tests/abi/fuzz_calls.rs has no random {of} for {name}"),
        _ => one(format!("  {of} {name} = any_{of}(\"{name}\");\n")),
    }
}

fn call(function: &Function<'_>, all: &Headers<'_>, text: &mut String) {
    let name = function.name;
    let _ = write!(text, "\nstatic void fuzz_{name}(void) {{\n");
    let parts = function.arguments.iter().map(|(of, name)| argument(function, of, name, all));
    let parts: Vec<_> = parts.collect();
    parts.iter().for_each(|[before, ..]| text.push_str(before));
    let arguments: Vec<_> = parts.iter().map(|[_, argument, _]| argument.as_str()).collect();
    let arguments = arguments.join(", ");
    let result = function.result;
    let after = match result {
        "void" => String::new(),
        "etcd_status_t" => "  is_possible(got);\n".to_owned(),
        "etcd_result" => "  CHECK(got >= 0 && got <= ETCD_WTF);\n".to_owned(),
        "const char *" => "  read_text(got);\n".to_owned(),
        "char *" => "  free(got);\n".to_owned(),
        "etcd_session" => "  keep_etcd_client_t(got);\n".to_owned(),
        "const etcd_error_t *" => "  if (got != NULL) read_etcd_error_t(got);\n".to_owned(),
        "const void *" => "  if (got != NULL) read_response(kind, got);\n".to_owned(),
        "void *" if name.contains("user_data") => "  is_user_data(got);\n".to_owned(),
        "void *" => "  if (got != NULL) keep_response(kind, got);\n".to_owned(),
        "etcd_event_t *" => "  CHECK(got == event);\n".to_owned(),
        _ if result.ends_with('*') => format!("  keep_{}(got);\n", base(result)),
        _ => "  read_number((uint64_t)got);\n".to_owned(),
    };
    if WAIT.contains(&name) {
        text.push_str("  may_take(A_CALL);\n");
    }
    if waits_for_ever(function) {
        text.push_str("  if (!one_in(50)) return;\n  may_take(FOR_EVER);\n");
    }
    let _ = writeln!(text, "  begin(\"{name}\");");
    match result {
        "void" => {
            let _ = writeln!(text, "  {name}({arguments});\n  ended();");
        }
        _ => {
            let space = if result.ends_with('*') { "" } else { " " };
            let _ = writeln!(text, "  {result}{space}got = {name}({arguments});\n  ended();");
        }
    }
    text.push_str(&after);
    parts.iter().for_each(|[.., after]| text.push_str(after));
    text.push_str("}\n");
}

/// The events, and the responses that they carry, from the comments of their kinds.
fn events<'a>(header: &'a str) -> Vec<(&'a str, &'a str)> {
    let all = constants(header).into_iter().map(|of| of.name);
    let event = |name: &'a str| {
        let at = header.find(&format!("#define {name} ")).unwrap();
        let comment = &header[header[..at].rfind("/**").unwrap()..at];
        let words = comment.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let response = words.into_iter().find(|word| word.ends_with("_response_t"));
        (name, response.unwrap_or_else(|| panic!("the comment of {name} names no response")))
    };
    all.filter(|name| name.starts_with("ETCD_EVENT_")).map(event).collect()
}

fn objects(header: &str, all: &Headers<'_>, text: &mut String) {
    let kept = all.kept();
    text.push_str("\nenum kind {\n");
    kept.iter().for_each(|of| {
        let _ = writeln!(text, "  KIND_{of},");
    });
    text.push_str("  KINDS\n};\n\n");
    for of in &kept {
        let end = all.end_of(of).unwrap();
        let _ = writeln!(text, "static void end_{of}(void *x) {{ {end}(x); }}");
    }
    text.push_str(
        "\nstatic const struct {\n  int is_handle;\n  void (*end)(void *x);\n} kinds[KINDS] = {\n",
    );
    for of in &kept {
        let _ = writeln!(text, "  {{ {}, end_{of} }},", u8::from(all.is_handle(of)));
    }
    text.push_str("};\n\nstatic void keep(enum kind kind, void *x);\n");
    for of in kept {
        let read = match of {
            "char" => "if (x != NULL) read_text(x);\n  ",
            "etcd_event_t" => "if (x != NULL) read_event(x);\n  ",
            _ if all.is_read(of) => &format!("if (x != NULL) read_{of}(x);\n  "),
            _ => "",
        };
        let _ =
            write!(text, "\nstatic void keep_{of}({of} *x) {{\n  {read}keep(KIND_{of}, x);\n}}\n");
    }
    for (what, constness) in [("keep", ""), ("read", "const ")] {
        let _ = write!(
            text,
            "\nstatic void {what}_response(int32_t kind, {constness}void *x) {{\n  switch (kind) {{\n"
        );
        for (kind, response) in events(header) {
            let _ = writeln!(text, "  case {kind}: {what}_{response}(x); break;");
        }
        text.push_str("  default: FAIL(\"kind %d has a response\", kind);\n  }\n}\n");
    }
}

pub fn generate(header: &str) -> String {
    let all = Headers { functions: functions(header), structures: structures(header) };
    let mut text = "/* Generated from include/ by `make header`: do not edit. */\n\n".to_owned();
    // ETCD_ numbers that are arguments, whichever they are.
    let numbers = constants(header).into_iter().filter(|of| !of.is_unsigned());
    let numbers: Vec<_> = numbers.map(|of| of.value()).filter(|of| (0..100).contains(of)).collect();
    let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
    let _ = writeln!(text, "static const int32_t numbers[] = {{ {} }};\n", numbers.join(", "));
    readers(&all, &mut text);
    let filled = all.structures.iter();
    filled
        .filter(|of| of.name.ends_with("_options_t") || of.name == "etcd_counters_t")
        .for_each(|of| options(of, &mut text));
    objects(header, &all, &mut text);
    all.functions.iter().for_each(|function| call(function, &all, &mut text));
    text.push_str("\nstatic const struct {\n  const char *name;\n  void (*call)(void);\n  int waits;\n} exports[] = {\n");
    for function in &all.functions {
        let name = function.name;
        let waits = WAIT.contains(&name) || waits_for_ever(function);
        let _ = writeln!(text, "  {{ \"{name}\", fuzz_{name}, {} }},", u8::from(waits));
    }
    text + "};\n"
}
