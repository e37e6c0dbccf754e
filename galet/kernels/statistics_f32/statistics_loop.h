// The loops as plain C++ that compilers vectorise; each instruction set's file includes them into its anonymous namespace. kColumns
// columns' sums stay in registers over a block of rows that stays in the first-level cache.
template <int kColumns>
inline void moments_columns(const MomentsF32Args& args, int64_t column, int64_t begin, int64_t end) {
  double sum[kColumns], squares[kColumns], origin[kColumns];
  float low[kColumns], high[kColumns];
  for (int j = 0; j < kColumns; ++j) {
    sum[j] = args.sum[column + j], squares[j] = args.squares[column + j];
    origin[j] = static_cast<double>(args.origin[column + j]);
    low[j] = args.min[column + j], high[j] = args.max[column + j];
  }
  const float* row = args.src + begin * args.cols + column;
  for (int64_t r = begin; r < end; ++r, row += args.cols)
    for (int j = 0; j < kColumns; ++j) {
      const float x = row[j];
      const double d = static_cast<double>(x) - origin[j];
      sum[j] += d;
      squares[j] += d * d;
      low[j] = x < low[j] ? x : low[j];
      high[j] = x > high[j] ? x : high[j];
    }
  for (int j = 0; j < kColumns; ++j) {
    args.sum[column + j] = sum[j], args.squares[column + j] = squares[j];
    args.min[column + j] = low[j], args.max[column + j] = high[j];
  }
}

template <int kColumns>
inline void moments_rows(const MomentsF32Args& args, int64_t begin, int64_t end) {
  constexpr int64_t kBlockElements = 4096;
  const int64_t block = args.cols >= kBlockElements ? 1 : kBlockElements / args.cols;
  for (int64_t r = begin; r < end; r += block) {
    const int64_t last = r + block < end ? r + block : end;
    int64_t column = 0;
    for (; column + kColumns <= args.cols; column += kColumns) moments_columns<kColumns>(args, column, r, last);
    for (; column + 4 <= args.cols; column += 4) moments_columns<4>(args, column, r, last);
    for (; column < args.cols; ++column) moments_columns<1>(args, column, r, last);
  }
}

inline void histogram_elements(const HistogramF32Args& args, int64_t begin, int64_t end) {
  constexpr int kBlock = 512;
  int32_t index[kBlock];
  uint32_t* const tables[4] = {args.counts, args.counts + args.bins, args.counts + 2 * args.bins, args.counts + 3 * args.bins};
  int64_t zeros = 0;
  for (int64_t at = begin; at < end; at += kBlock) {
    const int n = static_cast<int>(end - at < kBlock ? end - at : kBlock);
    const float* x = args.src + at;
    int here = 0;
    for (int i = 0; i < n; ++i) {
      const float y = x[i] * args.inverse;
      const int32_t t = static_cast<int32_t>(y);
      index[i] = t - (static_cast<float>(t) > y ? 1 : 0) - args.first;
      here += x[i] == 0.0f ? 1 : 0;
    }
    zeros += here;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      ++tables[0][index[i]];
      ++tables[1][index[i + 1]];
      ++tables[2][index[i + 2]];
      ++tables[3][index[i + 3]];
    }
    for (; i < n; ++i) ++tables[0][index[i]];
  }
  *args.zeros += zeros;
}
