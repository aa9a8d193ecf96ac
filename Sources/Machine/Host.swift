import FoundationEssentials
import Glibc

/// What a measurement says of the machine and the program that made it.
package enum Host {
  /// The processor's name and the cores that this process may use.
  package static var processor: String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let name = info.split(separator: "\n").first { $0.hasPrefix("model name") }
      .flatMap { $0.split(separator: ":").last }
      .map { String($0.drop(while: \.isWhitespace)) }
    return "\(name ?? "unknown processor"), \(WorkerPool.availableCores) cores"
  }

  /// The commit that is checked out in the folder of the program or in one above it; nil where
  /// none is.
  package static var commit: String? {
    guard var folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return nil }
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      guard let head = line(of: "\(folder)/.git/HEAD") else { continue }
      guard head.hasPrefix("ref: ") else { return head }
      let name = head.dropFirst(5)
      let packed =
        (try? String(contentsOfFile: "\(folder)/.git/packed-refs", encoding: .utf8)) ?? ""
      return line(of: "\(folder)/.git/\(name)")
        ?? packed.split(separator: "\n").first { $0.hasSuffix(" \(name)") }
        .map { String($0.prefix { $0 != " " }) }
    }
    return nil
  }

  private static func line(of path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").first
      .map(String.init)
  }

  /// Asks the system to forget what it keeps of a file in memory. Pages that a process maps stay.
  package static func dropFromCache(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // Pages that are not on the disk yet would stay.
    fsync(descriptor)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
  }
}
