namespace Winnow.Kernels.Bench;

/// <summary>A benchmark class that knows the cost of a call under its parameters.</summary>
public interface ICosted
{
    /// <summary>The cost of one call; parameters are set, <c>GlobalSetup</c> need not have run.</summary>
    Cost Cost { get; }
}
