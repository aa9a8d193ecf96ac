import FoundationEssentials
package import SystemPackage

/// Turns files into documents, each in a process of its own (`hark-parser`).
///
/// The process has limits on time and memory, so that a file which hangs or crashes the
/// parser costs that file alone. It is forked from a server that has all libraries loaded, which
/// the first call starts, and which ends with the last copy of this value. Any number of calls may
/// run at once; each keeps one process, one thread and three file descriptors.
package struct DocumentParser: Sendable {
  /// What one document may cost.
  package let limits: ParserLimits
  /// The program that parses.
  package var executable: FilePath { service.executable }
  /// What keeps the program running.
  let service: ParserService

  /// Finds the program `hark-parser`.
  ///
  /// - Parameters:
  ///   - executable: The program, where it is known. Else it is looked for in the environment
  ///     variable `HARK_PARSER`, beside the running program, and in `../libexec/hark/` of the
  ///     running program's folder.
  ///   - limits: What one document may cost.
  /// - Throws: `parser-missing`.
  package init(
    executable: String? = nil, limits: ParserLimits = ParserLimits()
  ) throws(DocumentError) {
    self.limits = limits
    service = ParserService(try Self.locate(executable))
  }

  /// Parses the file at a path.
  ///
  /// - Throws: A ``DocumentError`` of any code; its message names the file.
  package func parse(_ path: String) async throws(DocumentError) -> Document {
    try await parse(FilePath(path))
  }

  /// Parses the file at a path whose bytes need not be UTF-8.
  ///
  /// - Throws: A ``DocumentError`` of any code; its message names the file.
  package func parse(_ path: FilePath) async throws(DocumentError) -> Document {
    let name = path.string
    guard let type = FileType(path: name) else {
      let known = FileType.allCases.flatMap(\.extensions).map { ".\($0)" }
      throw DocumentError(
        .unsupportedType,
        "\(name) is not of a type that Hark reads (\(known.joined(separator: ", "))).")
    }
    let file = try Self.open(path, name: name)
    let result: Result<Document, DocumentError>
    do throws(DocumentError) {
      result = .success(try await parse(file, name: name, as: type))
    } catch {
      result = .failure(error)
    }
    try? file.close()
    return try result.get()
  }

  /// Parses a file that is open for reading.
  ///
  /// The file is read from its beginning; its position is neither used nor moved.
  ///
  /// - Parameters:
  ///   - file: The file. It stays open and stays the caller's.
  ///   - name: The name that errors give to the file.
  ///   - type: The format to parse it as, unless it begins with `%PDF-`.
  /// - Throws: A ``DocumentError`` of any code but `file-missing` and `unsupported-type`.
  package func parse(
    _ file: FileDescriptor, name: String, as type: FileType
  ) async throws(DocumentError) -> Document {
    try check(file, name: name)
    do throws(DocumentError) {
      return try await run(file, as: type)
    } catch {
      throw DocumentError(error.code, "\(name): \(error.message)", cause: error.cause)
    }
  }

  /// Runs the parser on an open file.
  private func run(
    _ file: FileDescriptor, as type: FileType
  ) async throws(DocumentError) -> Document {
    let arguments = [
      "--type", type.rawValue, "--seconds", String(limits.seconds),
      "--cpu-seconds", String(limits.cpuSeconds),
      "--address-space", String(limits.addressSpaceBytes), "--nice", String(limits.nice),
    ]
    let run = ParserRun(arguments, input: file, seconds: limits.seconds, service: service)
    let (output, end) = try await run.perform(into: DocumentOutput(limit: limits.outputBytes))
    switch output.finish() {
    case .document(let document): return document
    case .refused(let error): throw error
    case .brokenOff(let how): throw end.error(how, limits: limits)
    }
  }

  /// Opens a regular file without waiting for the other end of a FIFO.
  package static func open(_ path: FilePath, name: String) throws(DocumentError) -> FileDescriptor {
    do {
      // Asked first, since opening alone can act on a device.
      guard try path.stat().type == .regular else { throw notRegular(name) }
      return try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
    } catch let error as DocumentError {
      throw error
    } catch Errno.noSuchFileOrDirectory {
      throw DocumentError(.fileMissing, "\(name) does not exist. Check the path.")
    } catch {
      throw DocumentError(
        .fileUnreadable, "\(name) cannot be opened: \(error). Check its permissions.",
        cause: error)
    }
  }

  /// Refuses what is no regular file, has no bytes, or too many.
  private func check(_ file: FileDescriptor, name: String) throws(DocumentError) {
    let status: Stat
    do {
      status = try file.stat()
    } catch {
      throw DocumentError(.fileUnreadable, "\(name) cannot be read: \(error).", cause: error)
    }
    guard status.type == .regular else { throw Self.notRegular(name) }
    guard status.size > 0 else {
      throw DocumentError(.fileEmpty, "\(name) is empty. Give it some text, or leave it out.")
    }
    guard status.size <= limits.inputBytes else {
      throw DocumentError(
        .fileTooLarge,
        "\(name) has \(status.size) bytes; the limit is \(limits.inputBytes). Split the file.")
    }
  }

  private static func notRegular(_ name: String) -> DocumentError {
    DocumentError(
      .notARegularFile, "\(name) is not a regular file but a folder, FIFO, socket or device.")
  }
}
