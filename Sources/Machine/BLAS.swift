internal import CBLAS
internal import Glibc

/// The matrix products of a BLAS library, loaded when they are first used.
///
/// OpenBLAS chooses its kernels when it is loaded, and version 0.3.21 knows neither new AMD nor
/// new Intel processors, so that it takes kernels of half the width. It is therefore loaded
/// here, after `OPENBLAS_CORETYPE` is set to `SkylakeX` where the processor has AVX-512 (F, BW,
/// DQ and VL), or to what `HARK_BLAS_CORE` names. A value that the variable has already is
/// replaced: it is often set for other programs of the machine. OpenBLAS gets one thread, as
/// ``WorkerPool`` brings the threads: several threads may multiply at the same time.
///
/// OpenBLAS takes these settings from the environment alone. The two variables are therefore set
/// while the library is loaded and put back right after, so that no child process inherits them.
/// Loading happens at the first use of ``shared``: when the first model is opened, at the first
/// exact search of a batch, or when the library is asked for its name. As the system does not
/// guard the environment, a host whose other threads change it has to bring this about before it
/// starts them.
@safe package struct BLAS: Sendable {
  /// The library, or why there is none. Loaded once a process.
  package static let shared: Result<BLAS, MachineError> = Result(catching: BLAS.load)

  /// The file that was loaded, such as `libopenblas.so.0`.
  package let library: String

  /// The kernels that OpenBLAS chose, such as `SkylakeX`; nil for another library.
  package let coreName: String?

  /// How OpenBLAS was built, such as `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …`; nil for
  /// another library.
  package let configuration: String?

  /// Whether the library's kernels are the widest ones that it has for this processor.
  ///
  /// False for a reference library, which is an order of magnitude slower, and for kernels of
  /// half the width.
  package var isFast: Bool {
    guard let coreName else { return false }
    return !hark_blas_runs_skylakex() || Self.wideCores.contains(coreName)
  }

  private static let wideCores: Set<String> = ["SkylakeX", "Cooperlake", "SapphireRapids"]

  private let product: hark_sgemm_function

  /// How a factor of a product lies in memory.
  package enum Orientation: Sendable {
    /// Row by row, as the product reads it.
    case plain
    /// The rows in memory are the columns of the factor.
    case transposed
  }

  /// Computes `c = alpha · a · b + beta · c` on row-major float32 matrices, on this thread.
  ///
  /// - Parameters:
  ///   - rows: the number of rows of the product, and of `a`.
  ///   - columns: the number of columns of the product, and of `b`.
  ///   - depth: the number of columns of `a`, and of rows of `b`.
  ///   - alpha: the factor of the product.
  ///   - a: rows × depth numbers, or depth × rows when it is transposed.
  ///   - aStride: the distance of two rows in memory of `a`, in numbers.
  ///   - aOrientation: how `a` lies in memory.
  ///   - b: depth × columns numbers, or columns × depth when it is transposed.
  ///   - bStride: the distance of two rows in memory of `b`, in numbers.
  ///   - bOrientation: how `b` lies in memory.
  ///   - beta: the factor of what `c` holds before; with zero, `c` is not read.
  ///   - c: rows × columns numbers.
  ///   - cStride: the distance of two rows of `c`, in numbers.
  ///   - cOffset: where the product begins in `c`, in numbers.
  /// - Precondition: the matrices lie within their spans, and no size is beyond 2³¹ − 1.
  /// - Complexity: O(rows · columns · depth).
  package func sgemm(
    rows: Int, columns: Int, depth: Int, alpha: Float = 1,
    a: Span<Float>, aStride: Int, aOrientation: Orientation = .plain,
    b: Span<Float>, bStride: Int, bOrientation: Orientation = .plain,
    beta: Float = 0, c: inout MutableSpan<Float>, cStride: Int, cOffset: Int = 0
  ) {
    let aShape = aOrientation == .plain ? (rows, depth) : (depth, rows)
    let bShape = bOrientation == .plain ? (depth, columns) : (columns, depth)
    precondition(rows >= 0 && columns >= 0 && depth >= 0, "A matrix has a negative size.")
    precondition(Self.fits(aShape, stride: aStride, in: a.count), "The first factor is too short.")
    precondition(Self.fits(bShape, stride: bStride, in: b.count), "The second factor is too short.")
    precondition(
      cOffset >= 0 && Self.fits((rows, columns), stride: cStride, in: c.count - cOffset),
      "The result is too short.")
    guard rows > 0, columns > 0 else { return }
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          unsafe product(
            CblasRowMajor, aOrientation.cblas, bOrientation.cblas,
            Int32(rows), Int32(columns), Int32(depth), alpha,
            a.baseAddress, Int32(max(1, aStride)), b.baseAddress, Int32(max(1, bStride)), beta,
            c.baseAddress?.advanced(by: cOffset), Int32(max(1, cStride)))
        }
      }
    }
  }

  /// Whether `rows` × `columns` numbers, a stride apart, lie within `count` numbers.
  private static func fits(_ shape: (rows: Int, columns: Int), stride: Int, in count: Int) -> Bool {
    let limit = Int(Int32.max)
    guard shape.rows <= limit, shape.columns <= limit, stride <= limit else { return false }
    guard shape.rows > 0, shape.columns > 0 else { return stride >= shape.columns }
    return stride >= shape.columns && (shape.rows - 1) * stride + shape.columns <= count
  }
}

extension BLAS: CustomStringConvertible {
  /// The library and its kernels in one line, for people.
  package var description: String {
    guard let coreName else { return "\(library) (not OpenBLAS)" }
    return "\(library) (OpenBLAS, \(coreName) kernels)"
  }
}

extension BLAS {
  /// The libraries that are tried, best first.
  private static let candidates = ["libopenblas.so.0", "libblas.so.3"]

  private static func load() throws(MachineError) -> BLAS {
    // The library's own threads would fight ours for the cores.
    var variables = [("OPENBLAS_NUM_THREADS", bytes(of: "1"))]
    if let named = value(of: "HARK_BLAS_CORE") {
      variables.append(("OPENBLAS_CORETYPE", named))
    } else if hark_blas_runs_skylakex() {
      variables.append(("OPENBLAS_CORETYPE", bytes(of: "SkylakeX")))
    }

    var failures: [String] = []
    for library in candidates {
      let opened = unsafe withEnvironment(variables) {
        unsafe dlopen(library, RTLD_NOW | RTLD_LOCAL)
      }
      guard let handle = unsafe opened else {
        failures.append(unsafe dlerror().map { unsafe String(cString: $0) } ?? library)
        continue
      }
      guard let symbol = unsafe dlsym(handle, "cblas_sgemm") else {
        failures.append("\(library) has no cblas_sgemm")
        continue
      }
      return unsafe BLAS(
        library: library,
        coreName: text("openblas_get_corename", of: handle),
        configuration: text("openblas_get_config", of: handle),
        product: unsafeBitCast(symbol, to: hark_sgemm_function.self))
    }
    throw MachineError(
      code: .libraryMissing,
      message: """
        No BLAS library could be loaded (\(failures.joined(separator: "; "))). Install \
        OpenBLAS: apt-get install libopenblas0-pthread.
        """)
  }

  /// Sets variables of the environment, runs `body`, and puts the former values back.
  private static func withEnvironment<Result>(
    _ variables: [(name: String, value: [CChar])], _ body: () -> Result
  ) -> Result {
    let former = variables.map { value(of: $0.name) }
    for (name, value) in variables { unsafe setenv(name, value, 1) }
    defer {
      for (variable, value) in zip(variables, former) {
        if let value {
          unsafe setenv(variable.name, value, 1)
        } else {
          unsafe unsetenv(variable.name)
        }
      }
    }
    return body()
  }

  /// The bytes of a variable of the environment with their zero, which need not be UTF-8.
  private static func value(of name: String) -> [CChar]? {
    guard let start = unsafe getenv(name) else { return nil }
    return unsafe Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
  }

  private static func bytes(of text: String) -> [CChar] {
    text.utf8.map { CChar(bitPattern: $0) } + [0]
  }

  private static func text(_ symbol: String, of handle: UnsafeMutableRawPointer) -> String? {
    guard let function = unsafe dlsym(handle, symbol) else { return nil }
    let call = unsafe unsafeBitCast(function, to: (@convention(c) () -> UnsafePointer<CChar>?).self)
    return unsafe call().map { unsafe String(cString: $0) }
  }
}

extension BLAS.Orientation {
  fileprivate var cblas: CBLAS_TRANSPOSE {
    switch self {
    case .plain: CblasNoTrans
    case .transposed: CblasTrans
    }
  }
}
