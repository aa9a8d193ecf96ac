import Machine

/// A cell: vectors that lie close together, about their mean.
struct Cell: BitwiseCopyable, Equatable {
  /// The number of its first block of one-bit codes.
  var block: UInt32
  /// How many members it has. Each vector is a member of two cells, if there are two.
  var count: UInt32
  /// The root of the mean squared distance of its members from its centre.
  var radius: Float
  /// The squared length of its centre, where scores are inner products; zero elsewhere.
  var square: Float
}

/// What the header of a segment says of its cells.
struct CellShape: Equatable {
  /// How many cells there are.
  var count = 0
  /// How many blocks of one-bit codes their members take.
  var blocks = 0
  /// How far towards a query its nearest members lie from the centre of their cell, as a share of
  /// the product of the query's distance from the centre and the cell's radius: ``CellReach``.
  var reach: Float = 0

  /// Whether a segment can have such cells.
  func isPossible(kind: IndexKind, count vectors: Int, dimension: Int) -> Bool {
    guard kind == .cells else { return self == CellShape() }
    // Cells may be empty, as where all vectors are equal.
    return count >= 1 && count <= vectors && blocks >= 1
      && blocks <= 2 * (vectors / BitCodes.blockRows + count) && 0...CellReach.limit ~= reach
      && BitCodes.width(dimension: dimension) <= BitCodes.widthLimit
  }
}

/// The cells of a segment as searches read them.
struct CellsView: ~Escapable {
  let cells: Span<Cell>
  /// The centres in codes.
  let hubs: CodesView
  /// The one-bit codes of the centres.
  let hubBits: Span<UInt8>
  /// The rows of the cells' members, ``BitCodes/blockRows`` a block.
  let members: Span<UInt32>
  /// The one-bit codes of the members.
  let bits: Span<UInt8>
  /// The number of bits of a code.
  let width: Int
  let shape: CellShape

  /// A place among the members that no row takes.
  static let none = UInt32.max

  @_lifetime(copy cells, copy hubs, copy hubBits, copy members, copy bits)
  init(
    cells: Span<Cell>, hubs: CodesView, hubBits: Span<UInt8>, members: Span<UInt32>,
    bits: Span<UInt8>, width: Int, shape: CellShape
  ) {
    self.cells = cells
    self.hubs = hubs
    self.hubBits = hubBits
    self.members = members
    self.bits = bits
    self.width = width
    self.shape = shape
  }
}
