import Hark

let engine = try await Engine(store: "indexes/ten-lines")
try await engine.ingest(["corpora/handbook/documents"])

let question = CommandLine.arguments.dropFirst().first ?? "Who approves a business trip?"
for hit in try await engine.search(question).hits {
  let page = hit.chunk.pageNumber.map { ", page \($0)" } ?? ""
  print("\(hit.rank). \(hit.document.name)\(page)\n\(hit.text)\n")
}
