// The request of the form in other languages.

import { byId, copy } from "./element.js";
import { read, write } from "./storage.js";
import { tabs } from "./tabs.js";

const LANGUAGE = "language";

// JSON strings are strings of JavaScript and Python, and without control characters of Rust.
const quoted = (text) => JSON.stringify(text);
/** A word of a shell. */
const word = (text) => (/^[\w./:+@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const EXAMPLES = {
  curl: ({ base, token, jobid }) => `curl -X POST ${word(`${base}/jobs/seed_async`)} \\
  -H 'Accept: application/json' \\
  -H 'Content-Type: application/json' \\
${token && `  -H ${word(`Authorization: Bearer ${token}`)} \\\n`}  -d ${word(JSON.stringify({ jobid }))}
`,
  CLI: ({ base, token, jobid }) => `export USEAPI_BASE_URL=${word(base)}
export USEAPI_TOKEN=${word(token)}
useapi-seed fetch ${word(jobid)}
`,
  Rust: ({ base, token, jobid }) => `use useapi_seed::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let token = ${quoted(token)};
    let base_url = ${quoted(base)};
    let client = Client::builder(token).base_url(base_url).build()?;
    let job_id = ${quoted(jobid)};
    let result = client.retrieve(job_id).await?;
    println!("seed {}", result.seed());
    for image in client.save_images(&result, "images").await {
        println!("{}", image?.name);
    }
    Ok(())
}
`,
  Python: ({ base, token, jobid }) => `import requests

response = requests.post(
    ${quoted(`${base}/jobs/seed_async`)},
    headers={
${token && `        "Authorization": ${quoted(`Bearer ${token}`)},\n`}        "Content-Type": "application/json",
    },
    json={"jobid": ${quoted(jobid)}},
)
print(response.status_code, response.json())
`,
  JavaScript: ({ base, token, jobid }) => `const response = await fetch(${quoted(`${base}/jobs/seed_async`)}, {
  method: "POST",
  headers: {
${token && `    Authorization: ${quoted(`Bearer ${token}`)},\n`}    "Content-Type": "application/json",
  },
  body: JSON.stringify({ jobid: ${quoted(jobid)} }),
});
console.log(response.status, await response.json());
`,
};

export function show({ base_url }) {
  const shown = byId("example");
  let language;
  const update = () => {
    const [token, jobid] = ["token", "jobid"].map((id) => byId(id).value.trim());
    shown.textContent = EXAMPLES[language]({ base: base_url, token, jobid });
    byId("example-copied").textContent = "";
  };
  const names = Object.keys(EXAMPLES);
  tabs(byId("tabs"), shown, names, read(LANGUAGE), (name) => {
    language = name;
    write(LANGUAGE, name);
    update();
  });
  for (const event of ["input", "change"]) {
    byId("submit").addEventListener(event, update);
  }
  byId("copy-example").addEventListener("click", () => copy(shown, byId("example-copied")));
}
