//! The program of section 10.3: which setting bounds which queue.

use wirelab_tests::programs::printed;

#[test]
fn each_queue_is_bounded_by_what_the_book_says() {
    let out = printed("ch10_kernel_queues", &[]);
    let expected = if out.contains("In a network namespace") { 7 } else { 1 };
    assert_eq!(out.matches('✓').count(), expected, "{out}");
}
