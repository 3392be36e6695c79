namespace Winnow.Kernels;

/// <summary>Work on rows that have nothing to do with each other.</summary>
internal interface IRowWork
{
    /// <summary>Does one row. It must not throw.</summary>
    /// <param name="row">The row.</param>
    void Execute(int row);
}
