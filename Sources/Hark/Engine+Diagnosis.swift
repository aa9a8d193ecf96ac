import Documents
import Embedding
import Foundation
import GRDB
import Machine

extension Engine {
  /// Looks at everything that Hark needs on this machine.
  ///
  /// - Parameters:
  ///   - store: the store's folder, as for ``init(store:model:access:)``.
  ///   - model: the model's folder, as for ``init(store:model:access:)``.
  public static func diagnose(store: String? = nil, model: String? = nil) async -> Diagnosis {
    var findings = [processor(), kernels(), blas(), sqlite()]
    findings += await parser()
    findings.append(koreanPDF())
    findings.append(encoder(model))
    findings.append(await storeFinding(store))
    return Diagnosis(findings: findings)
  }

  private static func processor() -> Diagnosis.Finding {
    let info = contents("/proc/cpuinfo")
    func field(_ name: String) -> String? {
      info.split(separator: "\n").first { $0.hasPrefix(name) }
        .flatMap { $0.split(separator: ":", maxSplits: 1).last }
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let flags = Set((field("flags") ?? field("Features") ?? "").split(separator: " "))
    let telling = [
      "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16",
      "amx_int8", "amx_bf16", "asimd", "asimddp",
    ].filter { flags.contains(Substring($0)) }
    return .init(
      topic: "cpu", standing: .good,
      message: "\(field("model name") ?? "unknown processor"), \(WorkerPool.availableCores) cores, "
        + (telling.isEmpty
          ? "no vector extensions that Hark knows" : telling.joined(separator: " ")))
  }

  private static func kernels() -> Diagnosis.Finding {
    let name = Kernels.shared.name
    let available = Kernels.available.joined(separator: ", ")
    if let requested = Kernels.requested, requested != name {
      return .init(
        topic: "kernels", standing: .warning,
        message: "HARK_KERNELS asks for \(requested), which this processor cannot run; using "
          + "\(name) of \(available)")
    }
    return .init(
      topic: "kernels", standing: .good,
      message: "\(name), of \(available); the model computes in "
        + EncoderPrecision.automatic.rawValue)
  }

  private static func blas() -> Diagnosis.Finding {
    switch BLAS.shared {
    case .failure(let error):
      return .init(topic: "blas", standing: .bad, message: error.message)
    case .success(let blas):
      guard blas.isFast else {
        return .init(
          topic: "blas", standing: .warning,
          message: "\(blas.description): exact search"
            + (EncoderPrecision.automatic == .float32 ? " and embedding" : "")
            + " will be slow; install libopenblas0-pthread")
      }
      return .init(topic: "blas", standing: .good, message: blas.description)
    }
  }

  private static func sqlite() -> Diagnosis.Finding {
    do {
      let version = try DatabaseQueue().read { db in
        _ = try db.makeStatement(sql: "SELECT fts5(?)")
        return try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "?"
      }
      return .init(topic: "sqlite", standing: .good, message: "SQLite \(version) with FTS5")
    } catch {
      return .init(
        topic: "sqlite", standing: .bad,
        message: "SQLite has no FTS5 (\(error)): install Debian's libsqlite3-0")
    }
  }

  /// The parser program, and the limits under which it runs.
  private static func parser() async -> [Diagnosis.Finding] {
    do {
      let parser = try DocumentParser()
      let description = try await parser.describe()
      let limits = parser.limits
      let confinement = description.confinement.joined(separator: ", ")
      return [
        .init(
          topic: "parser", standing: .good,
          message: "\(parser.executable): \(description.version); each document may take "
            + "\(limits.seconds) s and \(limits.addressSpaceBytes >> 20) MiB"),
        .init(
          topic: "sandbox", standing: description.isConfined ? .good : .warning,
          message: description.isConfined
            ? "the parser is confined: \(confinement)"
            : "the parser has its limits, but this kernel confines no more than: "
              + (confinement.isEmpty ? "nothing" : confinement)),
      ]
    } catch {
      return [.init(topic: "parser", standing: .bad, message: error.message)]
    }
  }

  private static func koreanPDF() -> Diagnosis.Finding {
    let folder = "/usr/share/poppler/cMap/Adobe-Korea1"
    guard FileManager.default.fileExists(atPath: folder) else {
      return .init(
        topic: "poppler-data", standing: .warning,
        message: "\(folder) is missing: Korean PDFs without embedded fonts will have no text; "
          + "install poppler-data")
    }
    return .init(topic: "poppler-data", standing: .good, message: "encodings for Korean PDFs found")
  }

  private static func encoder(_ model: String?) -> Diagnosis.Finding {
    do {
      let encoder = try Embedder(model: model).encoder
      return .init(
        topic: "model", standing: .good,
        message: "\(encoder.name) at \(try Locations.model(model)): \(encoder.dimension) "
          + "dimensions, \(encoder.maximumTokens) tokens, fingerprint \(encoder.fingerprint)")
    } catch {
      return .init(topic: "model", standing: .bad, message: error.message)
    }
  }

  private static func storeFinding(_ store: String?) async -> Diagnosis.Finding {
    let path = Locations.store(store)
    do throws(HarkError) {
      let engine = try await Engine(store: path, access: .existing)
      let status = try await engine.indexStatus()
      return .init(
        topic: "store", standing: .good,
        message:
          "\(path): \(try await engine.documents().count) documents, \(status.chunks) chunks, "
          + "\(status.segments.count) segments, \(status.tail) chunks not in a segment yet")
    } catch {
      let isNew = error.code == .storeMissing
      return .init(
        topic: "store", standing: isNew ? .good : .bad,
        message: isNew ? "none yet at \(path); the first ingest makes it" : error.message)
    }
  }

  private static func contents(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
