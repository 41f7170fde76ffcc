//! The algorithm of Go's `sort.Slice`.
//!
//! Cannon sorts a program's symbols by address with `sort.Slice`, which is not stable: only the same algorithm puts
//! symbols with equal addresses in the same order. That order decides which name an address has. The algorithm is
//! pattern-defeating quicksort (<https://arxiv.org/abs/2106.05123>) as Go has had it since 1.19: without the paper's
//! block-wise partitioning, and with Go's own constants and random numbers. Every comparison and every swap below
//! affects the result.

/// Slices up to this length are sorted by insertion sort.
const MAX_INSERTION_SORT: usize = 12;
/// Slices from this length on get a pivot that is chosen from nine elements, and are repaired if they look sorted.
const LONG: usize = 50;
/// How often [`choose_pivot`] swaps indices if its nine elements are in descending order: three times in each of four
/// medians. In a slice shorter than [`LONG`], it looks at three elements only and swaps at most three times, so it
/// never finds descending order.
const ALL_DESCENDING_SWAPS: usize = 12;
/// At most this many out-of-order pairs are repaired in a slice that looks sorted.
const MAX_REPAIRS: usize = 5;

/// Sorts items as `sort.Slice` does with the comparison `key(i) < key(j)`.
pub(super) fn sort_by_key<T>(items: &mut [T], key: impl Fn(&T) -> u64) {
    let bad_pivots_allowed = usize::BITS - items.len().leading_zeros();
    quicksort(items, &key, None, bad_pivots_allowed);
}

/// Sorts `items`, a part of the whole slice. If there is an element in front of this part, `predecessor` is its key,
/// and no key in `items` is below that key. After `bad_pivots_allowed` unbalanced partitions, heap sort takes over.
fn quicksort<T>(
    mut items: &mut [T],
    key: &impl Fn(&T) -> u64,
    mut predecessor: Option<u64>,
    mut bad_pivots_allowed: u32,
) {
    let (mut was_balanced, mut was_partitioned) = (true, true);
    loop {
        let length = items.len();
        if length <= MAX_INSERTION_SORT {
            return insertion_sort(items, key);
        }
        if bad_pivots_allowed == 0 {
            return heap_sort(items, key);
        }
        if !was_balanced {
            shuffle(items);
            bad_pivots_allowed -= 1;
        }
        let (mut pivot, order) = choose_pivot(items, key);
        if order == Order::Descending {
            items.reverse();
            pivot = length - 1 - pivot;
        }
        let looks_sorted = was_balanced && was_partitioned && order != Order::Unknown;
        if looks_sorted && repair(items, key) {
            return;
        }
        let rest = std::mem::take(&mut items);
        // No key is below the predecessor, so a pivot with an equal key is a smallest element.
        if predecessor.is_some_and(|predecessor| predecessor >= key(&rest[pivot])) {
            let equal = partition_equal(rest, key, pivot);
            items = &mut rest[equal..];
            continue;
        }
        let (middle, partitioned) = partition(rest, key, pivot);
        was_partitioned = partitioned;
        let pivot_key = Some(key(&rest[middle]));
        // As in Go, both comparisons of the lengths below count the pivot as part of the right side.
        let (left, right) = rest.split_at_mut(middle);
        was_balanced = left.len().min(right.len()) >= length / 8;
        let left_is_shorter = left.len() < right.len();
        // The pivot is in its final place, so it is not sorted again.
        let right = &mut right[1..];
        if left_is_shorter {
            quicksort(left, key, predecessor, bad_pivots_allowed);
            (items, predecessor) = (right, pivot_key);
        } else {
            quicksort(right, key, pivot_key, bad_pivots_allowed);
            items = left;
        }
    }
}

fn insertion_sort<T>(items: &mut [T], key: &impl Fn(&T) -> u64) {
    for end in 1..items.len() {
        move_left(items, key, end);
    }
}

/// Moves the element at `at` to the left past all greater ones, by swaps.
fn move_left<T>(items: &mut [T], key: &impl Fn(&T) -> u64, mut at: usize) {
    while at > 0 && key(&items[at]) < key(&items[at - 1]) {
        items.swap(at, at - 1);
        at -= 1;
    }
}

fn heap_sort<T>(items: &mut [T], key: &impl Fn(&T) -> u64) {
    for root in (0..items.len().div_ceil(2)).rev() {
        sift_down(items, key, root);
    }
    for end in (0..items.len()).rev() {
        items.swap(0, end);
        sift_down(&mut items[..end], key, 0);
    }
}

/// Makes the tree at `root` a heap with the greatest element first. Its two subtrees are such heaps already.
fn sift_down<T>(items: &mut [T], key: &impl Fn(&T) -> u64, mut root: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= items.len() {
            return;
        }
        if child + 1 < items.len() && key(&items[child]) < key(&items[child + 1]) {
            child += 1;
        }
        if key(&items[root]) >= key(&items[child]) {
            return;
        }
        items.swap(root, child);
        root = child;
    }
}

/// Swaps the three elements in the middle with random ones. The generator (xorshift) is seeded with the length, as in
/// Go.
fn shuffle<T>(items: &mut [T]) {
    let length = items.len();
    let mask = (1_u64 << (usize::BITS - length.leading_zeros())) - 1;
    let mut random = length as u64;
    let middle = length / 4 * 2;
    for at in middle - 1..=middle + 1 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let other = (random & mask) as usize;
        items.swap(at, if other >= length { other - length } else { other });
    }
}

/// The order of the elements among which a pivot was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Ascending,
    Descending,
    Unknown,
}

/// Returns the index of the pivot, and the order of the elements from which it was chosen. The pivot is the median of
/// three elements, or, in a long slice, of three medians of three elements each.
fn choose_pivot<T>(items: &[T], key: &impl Fn(&T) -> u64) -> (usize, Order) {
    let quarter = items.len() / 4;
    let mut candidates = [quarter, 2 * quarter, 3 * quarter];
    let mut swaps = 0;
    if items.len() >= LONG {
        candidates = candidates.map(|at| median(items, key, [at - 1, at, at + 1], &mut swaps));
    }
    let pivot = median(items, key, candidates, &mut swaps);
    let order = match swaps {
        0 => Order::Ascending,
        ALL_DESCENDING_SWAPS => Order::Descending,
        _ => Order::Unknown,
    };
    (pivot, order)
}

/// The index of the median of three elements, which are given by their indices. Sorts the indices, not the elements, by
/// the elements' keys. Adds the number of swaps to `swaps`.
fn median<T>(
    items: &[T],
    key: &impl Fn(&T) -> u64,
    [mut low, mut middle, mut high]: [usize; 3],
    swaps: &mut usize,
) -> usize {
    let mut put_in_order = |low: &mut usize, high: &mut usize| {
        if key(&items[*high]) < key(&items[*low]) {
            std::mem::swap(low, high);
            *swaps += 1;
        }
    };
    put_in_order(&mut low, &mut middle);
    put_in_order(&mut middle, &mut high);
    put_in_order(&mut low, &mut middle);
    middle
}

/// Repairs up to [`MAX_REPAIRS`] out-of-order pairs of a slice. If the slice is shorter than [`LONG`], only looks for
/// such a pair. Returns whether the slice was found to be sorted.
fn repair<T>(items: &mut [T], key: &impl Fn(&T) -> u64) -> bool {
    let length = items.len();
    let mut at = 1;
    for _ in 0..MAX_REPAIRS {
        while at < length && key(&items[at]) >= key(&items[at - 1]) {
            at += 1;
        }
        if at == length {
            return true;
        }
        if length < LONG {
            return false;
        }
        items.swap(at, at - 1);
        move_left(items, key, at - 1);
        // Move the greater element of the pair to the right past all smaller ones.
        let mut next = at + 1;
        while next < length && key(&items[next]) < key(&items[next - 1]) {
            items.swap(next, next - 1);
            next += 1;
        }
    }
    false
}

/// Puts the elements below the pivot in front of it, and the others behind it. Returns the pivot's new index, and
/// whether all elements were on the correct side already.
fn partition<T>(items: &mut [T], key: &impl Fn(&T) -> u64, pivot: usize) -> (usize, bool) {
    items.swap(0, pivot);
    let pivot = key(&items[0]);
    let split = swap_across(items, |item| key(item) < pivot);
    items.swap(split.boundary - 1, 0);
    (split.boundary - 1, split.swaps == 0)
}

/// Puts the elements equal to the pivot first, and returns the index of the first other one. No element may be below
/// the pivot.
fn partition_equal<T>(items: &mut [T], key: &impl Fn(&T) -> u64, pivot: usize) -> usize {
    items.swap(0, pivot);
    let pivot = key(&items[0]);
    swap_across(items, |item| key(item) <= pivot).boundary
}

/// How [`swap_across`] divided a slice.
struct Split {
    /// The index of the first element of the right side.
    boundary: usize,
    /// The number of pairs that were swapped.
    swaps: usize,
}

/// Divides all elements but the first, which is the pivot, into a left and a right side. It swaps pairs of misplaced
/// elements, from both ends inwards.
fn swap_across<T>(items: &mut [T], is_left: impl Fn(&T) -> bool) -> Split {
    let (mut left, mut right, mut swaps) = (1, items.len(), 0);
    loop {
        while left < right && is_left(&items[left]) {
            left += 1;
        }
        while left < right && !is_left(&items[right - 1]) {
            right -= 1;
        }
        if left >= right {
            return Split { boundary: left, swaps };
        }
        items.swap(left, right - 1);
        left += 1;
        right -= 1;
        swaps += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `length` keys of one of eight kinds.
    fn keys(kind: u64, length: u64) -> Vec<u64> {
        let mut random = length * 10 + kind;
        (0..length)
            .map(|at| {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let random = random >> 33;
                match kind {
                    // Random, of five values.
                    0 => random % 5,
                    // Random, of as many values as there are keys.
                    1 => random % length,
                    // Ascending.
                    2 => at / 3,
                    // Ascending with a few exceptions.
                    3 if random.is_multiple_of(64) => random % length,
                    3 => at / 2,
                    // Descending.
                    4 => (length - at) / 3,
                    // Ascending, then descending.
                    5 => at.min(length - at) / 2,
                    // Ascending again and again.
                    6 => at % 17,
                    // All equal.
                    _ => 0,
                }
            })
            .collect()
    }

    #[test]
    fn equal_keys_end_up_where_go_puts_them() {
        // For each kind, a hash over the sorted arrays of all lengths: of the original position of each element, in
        // sorted order (as FNV-1a, but by words instead of bytes). The expected hashes were printed by a Go 1.26
        // program that sorts the same keys with `sort.Slice`.
        let expected = [
            0xd2e1_4826_554d_1972,
            0xcd33_94a5_d822_8d3e,
            0xa523_b1d0_4f5b_af2c,
            0x544d_bce7_7e5e_b6c6,
            0x7402_0e0b_ad4f_a60c,
            0x1608_75b3_4744_b34c,
            0x48d3_ff49_1529_6718,
            0xa523_b1d0_4f5b_af2c,
        ];
        for (kind, expected) in (0..).zip(expected) {
            let mut hash = 0xcbf2_9ce4_8422_2325_u64;
            for length in [0, 1, 7, 12, 13, 49, 50, 51, 100, 1000, 5000] {
                let keys = keys(kind, length);
                let mut positions: Vec<usize> = (0..keys.len()).collect();
                sort_by_key(&mut positions, |at| keys[*at]);
                assert!(positions.is_sorted_by_key(|at| keys[*at]), "kind {kind}, length {length}");
                for at in positions {
                    hash = (hash ^ at as u64).wrapping_mul(0x100_0000_01b3);
                }
            }
            assert_eq!(hash, expected, "kind {kind}");
        }
    }
}
