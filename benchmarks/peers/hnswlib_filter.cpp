// Searches an index that hnswlib has saved, letting only some of its vectors be found: what its
// filter takes without the Python function that its bindings call.
//
//   g++ -O3 -march=native -std=c++17 -I hnswlib-0.8.0 hnswlib_filter.cpp -o hnswlib_filter
//   hnswlib_filter METRIC DIMENSION INDEX QUERIES ALLOWED
//
// QUERIES holds float32, ALLOWED a byte for each vector, 0 or 1. For each effort read from the
// standard input it searches for all queries on one thread, and writes their labels as int64 to
// the standard output: ten a query, nearest first, -1 where there are fewer.

#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

static const size_t K = 10;

class Bitmap : public hnswlib::BaseFilterFunctor {
 public:
  explicit Bitmap(const std::vector<char> &allowed) : words((allowed.size() + 63) / 64) {
    for (size_t label = 0; label < allowed.size(); ++label)
      if (allowed[label]) words[label / 64] |= uint64_t{1} << label % 64;
  }

  bool operator()(hnswlib::labeltype label) override {
    return words[label / 64] >> label % 64 & 1;
  }

 private:
  std::vector<uint64_t> words;
};

static std::vector<char> contents(const char *path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

static std::unique_ptr<hnswlib::SpaceInterface<float>> space(
    const std::string &metric, size_t dimension) {
  if (metric == "ip") return std::make_unique<hnswlib::InnerProductSpace>(dimension);
  return std::make_unique<hnswlib::L2Space>(dimension);
}

int main(int count, char **arguments) {
  if (count != 6) {
    std::cerr << "usage: hnswlib_filter METRIC DIMENSION INDEX QUERIES ALLOWED\n";
    return 2;
  }
  const size_t dimension = std::stoul(arguments[2]);
  const auto metric = space(arguments[1], dimension);
  hnswlib::HierarchicalNSW<float> index(metric.get(), arguments[3]);
  const std::vector<char> queries = contents(arguments[4]);
  const std::vector<char> mask = contents(arguments[5]);
  if (mask.size() != index.cur_element_count)
    throw std::runtime_error(std::string(arguments[5]) + " has not a byte for each vector");
  Bitmap allowed(mask);

  const size_t total = queries.size() / (dimension * sizeof(float));
  std::vector<int64_t> found(total * K);
  for (size_t effort; std::cin >> effort;) {
    index.setEf(effort);
    std::fill(found.begin(), found.end(), -1);
    for (size_t place = 0; place < total; ++place) {
      const char *query = queries.data() + place * dimension * sizeof(float);
      auto nearest = index.searchKnn(query, K, &allowed);
      for (size_t rank = nearest.size(); rank-- > 0; nearest.pop())
        found[place * K + rank] = static_cast<int64_t>(nearest.top().second);
    }
    std::cout.write(reinterpret_cast<const char *>(found.data()), found.size() * sizeof(int64_t));
    std::cout.flush();
  }
}
