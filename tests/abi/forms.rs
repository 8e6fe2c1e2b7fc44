//! The forms of each call in Python that do not block, from the form that does.

/// A call as class Client of python/etcd.py has it.
struct Call {
    name: String,
    /// Those of the call itself, each as it is declared.
    parameters: Vec<String>,
    response: String,
    /// What makes the request: "_put(key, value, **options)".
    request: String,
}

const START: &str = " by `make header`: do not edit.\n";
const END: &str = "    # End of what is generated.\n";
const WIDTH: usize = 120;

/// The calls above the place where their other forms are written.
fn calls(module: &str) -> Vec<Call> {
    let class = module.split("\nclass Client(").nth(1).expect("class Client");
    let above = class.split(START).next().unwrap();
    above.split("\n    def ").skip(1).filter_map(call).collect()
}

fn call(text: &str) -> Option<Call> {
    let (name, rest) = text.split_once("(self, ")?;
    let runs = ["_run", "_run_waiting"];
    let mut runs = runs.iter().map(|run| format!("return self.{run}(_{name}("));
    let (_, request) = runs.find_map(|run| text.split_once(&run))?;
    let (parameters, rest) = rest.split_once(") -> ")?;
    let (response, _) = rest.split_once(":\n")?;
    let parameters = parameters.split(',').map(|parameter| parameter.trim().to_owned());
    Some(Call {
        name: name.to_owned(),
        parameters: parameters.filter(|parameter| parameter != "**options: Any").collect(),
        response: response.to_owned(),
        request: format!("_{name}({}", request.split_once(")\n")?.0),
    })
}

/// A method's first line, or lines.
fn head(def: &str, parameters: &[String], end: &str) -> String {
    let (indent, mut line) = (" ".repeat(def.len()), def.to_owned());
    let mut text = String::new();
    for (at, parameter) in parameters.iter().enumerate() {
        let last = at + 1 == parameters.len();
        let word = if last { format!("{parameter}{end}") } else { format!("{parameter},") };
        if line.len() + 1 + word.len() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line.clone_from(&indent);
        }
        line.push_str(&word);
        line.push(' ');
    }
    text + line.trim_end() + "\n"
}

fn started(call: &Call) -> String {
    let mut parameters = vec!["self".to_owned(), "queue: \"Queue\"".to_owned()];
    parameters.extend(call.parameters.iter().cloned());
    parameters.extend(["user_data: Any = None".to_owned(), "**options: Any".to_owned()]);
    let def = format!("    def {}_async(", call.name);
    let body = format!("        return queue._start(self, {}, user_data)\n", call.request);
    head(&def, &parameters, ") -> \"Call\":") + &body
}

fn awaited(call: &Call) -> String {
    let mut parameters = vec!["self".to_owned()];
    parameters.extend(call.parameters.iter().map(|parameter| qualified(parameter)));
    parameters.push("**options: Any".to_owned());
    let def = format!("    async def {}(", call.name);
    let body = format!("        return await self._run(etcd.{})\n", call.request);
    head(&def, &parameters, &format!(") -> {}:", qualified(&call.response))) + &body
}

/// A declaration with the names of etcd.py as another module writes them.
fn qualified(declaration: &str) -> String {
    const TYPING: [&str; 3] = ["Any", "List", "Optional"];
    let mut text = String::new();
    for word in declaration.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let name = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if name.starts_with(char::is_uppercase) && !TYPING.contains(&name) && name != "None" {
            text.push_str("etcd.");
        }
        text.push_str(word);
    }
    text
}

/// A module with the methods in their place.
fn with(module: &str, methods: &[String]) -> String {
    let (above, rest) = module.split_once(START).expect("the line before what is generated");
    let (_, below) = rest.split_once(END).expect("the line after what is generated");
    format!("{above}{START}\n{}\n{END}{below}", methods.join("\n"))
}

/// Both modules, from what they are now.
pub fn generate(etcd: &str, aio: &str) -> [String; 2] {
    let calls = calls(etcd);
    assert!(calls.len() > 15, "{}", calls.len());
    let started: Vec<_> = calls.iter().map(started).collect();
    let awaited: Vec<_> = calls.iter().map(awaited).collect();
    [with(etcd, &started), with(aio, &awaited)]
}
