import Foundation
import Machine
import Testing

@Suite struct BLASTests {
  struct Product: Sendable, CustomTestStringConvertible {
    var rows: Int
    var columns: Int
    var depth: Int
    var extraStride = 0
    var a = BLAS.Orientation.plain
    var b = BLAS.Orientation.plain
    var alpha: Float = 1
    var beta: Float = 0
    var testDescription: String { "\(rows)×\(depth)×\(columns) \(a) \(b) +\(extraStride)" }
  }

  static let products = [
    Product(rows: 1, columns: 1, depth: 1),
    Product(rows: 3, columns: 5, depth: 7),
    Product(rows: 17, columns: 33, depth: 65, b: .transposed),
    Product(rows: 17, columns: 33, depth: 65, a: .transposed),
    Product(rows: 9, columns: 4, depth: 31, extraStride: 5, a: .transposed, b: .transposed),
    Product(rows: 64, columns: 48, depth: 32, extraStride: 16, b: .transposed, alpha: 0.5),
    Product(rows: 6, columns: 6, depth: 6, alpha: 2, beta: 0.25),
    Product(rows: 4, columns: 3, depth: 0, beta: 1),
    Product(rows: 0, columns: 3, depth: 2),
    Product(rows: 3, columns: 0, depth: 2),
  ]

  @Test(arguments: products)
  func `A product equals its definition`(_ product: Product) throws {
    let blas = try BLAS.shared.get()
    let aStored =
      product.a == .plain ? (product.rows, product.depth) : (product.depth, product.rows)
    let bStored =
      product.b == .plain ? (product.depth, product.columns) : (product.columns, product.depth)
    let aStride = aStored.1 + product.extraStride
    let bStride = bStored.1 + product.extraStride
    let cStride = product.columns + product.extraStride
    let a = (0..<(aStored.0 * aStride)).map { Float(($0 &* 37) % 101) / 50 - 1 }
    let b = (0..<(bStored.0 * bStride)).map { Float(($0 &* 53) % 97) / 48 - 1 }
    let before = (0..<(product.rows * cStride)).map { Float($0 % 7) }
    var c = before
    var result = c.mutableSpan
    blas.sgemm(
      rows: product.rows, columns: product.columns, depth: product.depth, alpha: product.alpha,
      a: a.span, aStride: aStride, aOrientation: product.a,
      b: b.span, bStride: bStride, bOrientation: product.b,
      beta: product.beta, c: &result, cStride: cStride)

    for row in 0..<product.rows {
      for column in 0..<cStride {
        let old = before[row * cStride + column]
        guard column < product.columns else {
          #expect(c[row * cStride + column] == old, "between the rows nothing is written")
          continue
        }
        var sum = 0.0
        for inner in 0..<product.depth {
          let left = product.a == .plain ? row * aStride + inner : inner * aStride + row
          let right = product.b == .plain ? inner * bStride + column : column * bStride + inner
          sum += Double(a[left]) * Double(b[right])
        }
        let expected = Double(product.alpha) * sum + Double(product.beta * old)
        #expect(abs(Double(c[row * cStride + column]) - expected) < 1e-4)
      }
    }
  }

  @Test func `Several threads multiply at the same time and get the same numbers`() throws {
    let blas = try BLAS.shared.get()
    let n = 96
    let a = (0..<(n * n)).map { Float($0 % 89) / 44 - 1 }
    let results = RunResults<[Float]>(count: 64)
    WorkerPool(threads: 4).run(count: 64) { index in
      var c = [Float](repeating: 0, count: n * n)
      var span = c.mutableSpan
      blas.sgemm(
        rows: n, columns: n, depth: n, a: a.span, aStride: n, b: a.span, bStride: n,
        c: &span, cStride: n)
      results.set(index, c)
    }
    let all = results.values
    #expect(all.allSatisfy { $0 == all[0] && $0?.count == n * n })
  }

  @Test func `The environment is as it was before the library was loaded`() throws {
    _ = try BLAS.shared.get()
    let start = try String(contentsOfFile: "/proc/self/environ", encoding: .utf8)
    for name in ["OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE"] {
      let former = start.split(separator: "\0").first { $0.hasPrefix(name + "=") }
      let now = unsafe getenv(name).map { unsafe String(cString: $0) }
      #expect(now == former.map { String($0.dropFirst(name.count + 1)) }, "\(name)")
    }
  }

  @Test func `The library tells what it is`() throws {
    let blas = try BLAS.shared.get()
    #expect(["libopenblas.so.0", "libblas.so.3"].contains(blas.library))
    #expect(blas.description.contains(blas.library))
    if let core = blas.coreName {
      #expect(!core.isEmpty)
      #expect(blas.configuration?.contains("OpenBLAS") == true)
    }
  }
}
