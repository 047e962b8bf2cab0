#pragma once
#include "ops/reflectors.h"
#include "ops/rotations.h"

namespace myelin {

// How many singular vectors of each side are wanted.
enum class SingularVectors { kNone, kReduced, kFull };

// Singular value decompositions of m x n matrices, one after another in the same memory: reflections make the matrix
// bidiagonal (Golub and Kahan, Calculating the singular values and pseudo-inverse of a matrix, 1965), implicit QR steps,
// without a shift where small values would suffer, diagonal (Demmel and Kahan, Accurate singular values of bidiagonal
// matrices, 1990).
template <class T>
class SingularValues {
 public:
  SingularValues(std::size_t m, std::size_t n, SingularVectors wanted);

  // Descending `values`, min(m, n) of them; left and right vectors as rows, m and n long, unless none are wanted. False
  // when it does not converge, or when an element is not finite.
  bool compute(const Context<T>& context, Matrix<const T> x, T* values, T* left, T* right);

 private:
  bool decompose(const Context<T>& context, Matrix<const T> x, T* values, T* left, T* right);
  void make_bidiagonal(const Context<T>& context);
  void reflect_column(const Context<T>& context, std::size_t k);
  void reflect_row(const Context<T>& context, std::size_t k);
  bool make_diagonal(const Context<T>& context, T* left, T* right);
  void step(std::size_t low, std::size_t high, bool backwards, RotationLog<T>& left, RotationLog<T>& right);
  void write_vectors(const Context<T>& context, const std::vector<std::size_t>& order, const T* small, T* out,
                     std::size_t length, const Reflections<T>& reflections) const;

  T* d() const { return vectors_.template as<T>(); }
  T* e() const { return d() + cols_; }
  T* left_taus() const { return d() + 2 * cols_; }
  T* right_taus() const { return d() + 3 * cols_; }
  T* products() const { return d() + 4 * cols_; }  // rows_ of them

  bool tall_;                // otherwise the transpose is decomposed
  std::size_t rows_, cols_;  // rows_ >= cols_
  SingularVectors wanted_;
  Temporary a_, left_v_, right_v_, left_z_, right_z_, vectors_;
};

extern template class SingularValues<float>;
extern template class SingularValues<double>;

}  // namespace myelin
