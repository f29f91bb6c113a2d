//! Statements of small programs.

use super::*;
use crate::sources::syntax::parse;

/// Returns the statements of a holder as `adds 3: the line`, the most likely first.
fn found(text: &str, sought: &Sought) -> Vec<String> {
    let lines = Lines::new(text);
    let offset = |of: Option<&ScriptPosition>| lines.offset(text, of?.at);
    let place = offset(sought.holder.as_ref().and_then(|holder| holder.place.as_ref()));
    let callback = offset(sought.callback.as_ref().and_then(|callback| callback.place.as_ref()));
    let suspended = offset(sought.suspended.as_ref());
    let hits = reduced(
        parse("a.ts", text, false, |semantic| scan(semantic, sought, [place, callback, suspended])).unwrap(),
        &lines,
    );
    let statement = |hit: Hit| Statement {
        what: hit.what,
        place: ScriptPosition { script_id: 1, at: lines.position(text, hit.offset) },
        function: hit.function,
        text: String::new(),
        score: hit.score,
    };
    let ranked = ranked(hits.into_iter().map(statement).collect());
    let line = |of: &Statement| {
        let text = lines.line(text, of.place.at.line as usize).trim();
        format!("{} {}: {text}", format!("{:?}", of.what).to_lowercase(), of.place.at.line + 1)
    };
    ranked.iter().map(line).collect()
}

fn field(name: &str, class: Option<&str>) -> Sought {
    let (name, class) = (name.to_owned(), class.map(str::to_owned));
    Sought { holder: Some(HolderName { name, kind: HolderKind::Field, class, place: None }), ..Sought::default() }
}

/// A variable that the function at a line (from 1) and column (from 0) sees.
fn variable(name: &str, line: u32, column: u32) -> Sought {
    let place = Some(ScriptPosition { script_id: 1, at: Position { line: line - 1, column } });
    let holder = HolderName { name: name.to_owned(), kind: HolderKind::Variable, class: None, place };
    Sought { holder: Some(holder), ..Sought::default() }
}

#[test]
fn every_way_to_fill_a_field_is_found() {
    for line in [
        "this.all.push(x);",
        "this.all.set(k, x);",
        "this.all?.add(x);",
        "this['all'].unshift(x);",
        "this.all[k] = x;",
        "this.all[this.n++] = x;",
        "this.all = [...this.all, x];",
        "this.all = this.all.concat(x);",
        "this.all += x;",
        "this.all ??= make(x);",
        "this.all.splice(1, 0, x);",
        "Object.assign(this.all, { [k]: x });",
        "(this.all as any[]).push(x);",
        "const all = this.all; all.push(x);",
        "const { all } = this; all.push(x);",
        "const { all: renamed } = this; renamed.push(x);",
        "let late; late = this.all; late.push(x);",
        "cond ? this.all.push(x) : 0;",
    ] {
        let text =
            format!("class Store {{\n  constructor() {{ this.all = []; }}\n  put(k, x) {{\n    {line}\n  }}\n}}");
        let found = found(&text, &field("all", Some("Store")));
        assert_eq!(found, [format!("adds 4: {line}"), "holder 2: constructor() { this.all = []; }".to_owned()]);
    }
}

#[test]
fn reading_and_removing_do_not_fill() {
    for line in
        ["this.all.get(k);", "this.all.splice(0, 1);", "this.all.delete(k);", "this.all.length;", "x.push(this.all);"]
    {
        let text = format!("class Store {{\n  all = [];\n  put(k, x) {{ {line} }}\n}}");
        assert_eq!(found(&text, &field("all", Some("Store"))), ["holder 2: all = [];"], "{line}");
    }
}

#[test]
fn private_and_static_fields_are_found() {
    let text = "class Store {\n  #all = new Set();\n  static kept = [];\n  put(x) {\n    this.#all.add(x);\n    Store.kept.push(x);\n  }\n}";
    assert_eq!(
        found(text, &field("#all", Some("Store"))),
        ["adds 5: this.#all.add(x);", "holder 2: #all = new Set();"]
    );
    let expected = ["adds 6: Store.kept.push(x);", "holder 3: static kept = [];"];
    assert_eq!(found(text, &field("kept", Some("Store"))), expected);
}

#[test]
fn fields_of_the_class_come_before_fields_of_that_name_elsewhere() {
    let text = "class Other {\n  put(x) { this.all.push(x); }\n}\nclass Store {\n  put(x) { this.all.push(x); }\n}";
    assert_eq!(found(text, &field("all", Some("Store"))), ["adds 5: put(x) { this.all.push(x); }"]);
    let text = "function Store() {}\nStore.prototype.put = function (x) { this.all.push(x); };\nother.all.push(1);";
    assert_eq!(
        found(text, &field("all", Some("Store")))[0],
        "adds 2: Store.prototype.put = function (x) { this.all.push(x); };"
    );
}

#[test]
fn a_variable_is_resolved_by_scope() {
    let text = "const seen = [];\nfunction a() { seen.push(1); }\nfunction b(seen) { seen.push(2); }\nfunction c() {\n  const seen = new Set();\n  return x => seen.add(x);\n}";
    assert_eq!(
        found(text, &variable("seen", 2, 10)),
        ["adds 2: function a() { seen.push(1); }", "holder 1: const seen = [];"]
    );
    let expected = ["adds 6: return x => seen.add(x);", "holder 5: const seen = new Set();"];
    assert_eq!(found(text, &variable("seen", 6, 9)), expected);
}

#[test]
fn a_variable_that_is_assigned_is_a_holder() {
    let text = "let last = null;\nfunction next(x) {\n  last = { x, before: last };\n}\nfunction more(x) {\n  last = make(last, x);\n}";
    let found = found(text, &variable("last", 2, 13));
    assert_eq!(found[..2], ["adds 3: last = { x, before: last };", "adds 6: last = make(last, x);"]);
}

#[test]
fn collections_inside_a_collection_are_filled_by_way_of_it() {
    let nested = |name| Sought { is_nested: true, ..field(name, Some("Index")) };
    let text = "class Index {\n  put(k, x) {\n    let list = this.all.get(k);\n    if (!list) this.all.set(k, list = []);\n    list.push(x);\n  }\n}";
    let adds = found(text, &nested("all"));
    assert_eq!(adds[0], "adds 5: list.push(x);");
    let text = "class Index {\n  put(k, x) { (this.all[k] ||= []).push(x); }\n}";
    assert_eq!(found(text, &nested("all")), ["adds 2: put(k, x) { (this.all[k] ||= []).push(x); }"]);
}

#[test]
fn the_call_that_registers_a_function_is_found_by_the_function() {
    let callback = |name: &str, line: u32, column| Sought {
        callback: Some(Callback {
            name: name.to_owned(),
            place: Some(ScriptPosition { script_id: 1, at: Position { line: line - 1, column } }),
        }),
        ..Sought::default()
    };
    let text = "setInterval(() => poll(), 10);\nfeed.on('x', function (x) { y(x); });\nfunction tick() {}\nsetTimeout(tick, 5);\nfeed.on('y', this.onPrice.bind(this));";
    assert_eq!(found(text, &callback("", 1, 12)), ["registers 1: setInterval(() => poll(), 10);"]);
    assert_eq!(found(text, &callback("", 2, 22)), ["registers 2: feed.on('x', function (x) { y(x); });"]);
    assert_eq!(found(text, &callback("tick", 3, 13)), ["registers 4: setTimeout(tick, 5);"]);
    let bound = Sought { callback: Some(Callback { name: "bound onPrice".into(), place: None }), ..Sought::default() };
    assert_eq!(found(text, &bound), ["registers 5: feed.on('y', this.onPrice.bind(this));"]);
}

#[test]
fn waiting_for_a_promise_registers() {
    let text = "class Gate {\n  async pass() {\n    await this.ready;\n    this.ready.then(f);\n    return Promise.race([g(), this.ready]);\n  }\n}";
    let found = found(text, &field("ready", Some("Gate")));
    assert_eq!(found.len(), 3);
    for line in ["registers 3: await this.ready;", "registers 4: this.ready.then(f);"] {
        assert!(found.contains(&line.to_owned()), "{found:?}");
    }
}

#[test]
fn members_are_created_where_they_are_added_first() {
    let made = vec![
        Made::Class { name: "Job".into(), is_of_program: true },
        Made::Shape(vec!["id".into(), "state".into()]),
        Made::Class { name: "Set".into(), is_of_program: false },
    ];
    let sought = Sought { made, ..field("all", None) };
    let text = "test(new Job());\nnew Set();\nfunction put(x) {\n  this.all.push(new Job(x), { id: 1, state: 2 }, new Set());\n}\nf({ id: 1 });";
    let found = found(text, &sought);
    let line = "this.all.push(new Job(x), { id: 1, state: 2 }, new Set());";
    let elsewhere = "creates 1: test(new Job());".to_owned();
    assert_eq!(found, [format!("adds 4: {line}"), format!("creates 4: {line}"), elsewhere]);
}

#[test]
fn a_module_that_is_loaded_again_is_found_by_its_name() {
    let sought = Sought { module: Some("rules.js".into()), ..Sought::default() };
    assert_eq!(found("a();\nlet rules = require('./rules');", &sought), ["adds 2: let rules = require('./rules');"]);
}

#[test]
fn calls_are_suspended_at_the_only_await_of_their_function() {
    let suspended = |line: u32, column| Sought {
        suspended: Some(ScriptPosition { script_id: 1, at: Position { line: line - 1, column } }),
        ..Sought::default()
    };
    let text = "async function one(x) {\n  f(async () => await 1);\n  await other(x);\n}\nasync function two() { await 1; await 2; }";
    assert_eq!(found(text, &suspended(1, 18)), ["registers 3: await other(x);"]);
    assert!(found(text, &suspended(5, 18)).is_empty());
}

#[test]
fn of_many_statements_in_one_line_one_is_kept() {
    let text = "this.all.push(1);".repeat(20_000);
    assert_eq!(found(&text, &field("all", None)).len(), 1);
    let lines = "this.all.push(1);\n".repeat(1000);
    assert_eq!(found(&lines, &field("all", None)).len(), MOST);
}
