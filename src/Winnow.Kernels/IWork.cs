namespace Winnow.Kernels;

/// <summary>A piece of parallel work: items 0 to n - 1, each done once, in any order, by any worker.</summary>
internal interface IWork
{
    /// <summary>Does one item. It must not throw.</summary>
    /// <param name="item">The item.</param>
    /// <param name="worker">The worker that does it, 0 to the pool's size - 1: an index for scratch memory.</param>
    void Execute(int item, int worker);
}
