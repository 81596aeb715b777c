/* Lets readers sort and filter the table of the leaderboard. Without it the page is a plain table. */
(function () {
  "use strict";
  const table = document.getElementById("leaderboard-rows");
  if (!table) return;
  const body = table.tBodies[0];
  const lines = Array.from(body.rows);
  const headings = Array.from(table.tHead.rows[0].cells);

  /* Sorting: numbers by value, the rest as text; what is not stated comes last both ways. */
  function value(line, column) {
    const text = line.cells[column].textContent.trim();
    if (!headings[column].classList.contains("number")) return text.toLowerCase();
    const number = parseFloat(text);
    return Number.isNaN(number) ? null : number;
  }

  function compare(one, other) {
    return typeof one === "string" ? one.localeCompare(other) : one - other;
  }

  function sort(column) {
    const falling = headings[column].getAttribute("aria-sort") === "ascending";
    headings.forEach((heading) => heading.removeAttribute("aria-sort"));
    headings[column].setAttribute("aria-sort", falling ? "descending" : "ascending");
    const pairs = lines.map((line) => [value(line, column), line]);
    pairs.sort(([one], [other]) => {
      if (one === null || other === null) return (one === null) - (other === null);
      return falling ? compare(other, one) : compare(one, other);
    });
    pairs.forEach(([, line]) => body.append(line));
  }

  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sort(column));
    heading.replaceChildren(button);
  });

  /* Filtering: every control has to let a line pass. */
  const controls = document.createElement("form");
  controls.className = "leaderboard-controls";
  controls.addEventListener("submit", (event) => event.preventDefault());
  const tests = [];

  function control(name, element, test) {
    const label = document.createElement("label");
    label.append(name + " ", element);
    controls.append(label);
    element.name = name;
    element.addEventListener("input", filter);
    tests.push((line) => element.value.trim() === "" || test(line, element.value.trim()));
  }

  function choice(name, values, test) {
    const select = document.createElement("select");
    select.append(new Option("all", ""), ...values.map((each) => new Option(each, each)));
    control(name, select, test);
  }

  function found(name) {
    return Array.from(new Set(lines.map((line) => line.dataset[name]))).sort();
  }

  function year(name, test) {
    const input = document.createElement("input");
    input.type = "number";
    control(name, input, (line, wanted) => line.dataset.year !== "" && test(Number(line.dataset.year), Number(wanted)));
  }

  const search = document.createElement("input");
  search.type = "search";
  control("text", search, (line, wanted) => line.textContent.toLowerCase().includes(wanted.toLowerCase()));
  choice("corpus", found("corpus"), (line, wanted) => line.dataset.corpus === wanted);
  choice("reported by", found("reported"), (line, wanted) => line.dataset.reported === wanted);
  choice("replicated", ["yes", "no"], (line, wanted) => line.dataset.replicated === wanted);
  choice("modality", found("modality"), (line, wanted) => line.dataset.modality === wanted);
  year("since", (own, wanted) => own >= wanted);
  year("until", (own, wanted) => own <= wanted);
  const known = Array.from(new Set(lines.flatMap((line) => line.dataset.flags.split(";")))).filter(Boolean).sort();
  choice("flag", known, (line, wanted) => line.dataset.flags.split(";").includes(wanted));
  choice("without flag", known, (line, wanted) => !line.dataset.flags.split(";").includes(wanted));

  const count = document.createElement("output");
  controls.append(count);
  function filter() {
    lines.forEach((line) => { line.hidden = !tests.every((test) => test(line)); });
    count.textContent = lines.filter((line) => !line.hidden).length + " of " + lines.length + " rows";
  }
  table.before(controls);
  filter();
})();
