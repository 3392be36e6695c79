using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution;

/// <content>Products of warpgroups: the four warps must execute the same ones, each at a time of its own.</content>
internal sealed unsafe partial class BlockRunner
{
    private readonly List<ProductLog> _products = [];
    private readonly Stack<ProductFactor> _unusedFactors = [];

    /// <summary>A warp issues a product; the others of its warpgroup must issue the same.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="operation">The product.</param>
    /// <param name="a">The descriptor of its first factor; 0 where that is in registers.</param>
    /// <param name="b">The descriptor of its second factor.</param>
    /// <returns>The product's second factor, which the first of the warps reads for all.</returns>
    public ProductFactor IssueProduct(Warp warp, Operation operation, ulong a, ulong b)
    {
        int group = warp.Index / WarpsOfGroup;
        if (((group + 1) * WarpsOfGroup) > WarpCount)
        {
            string problem = $"four warps multiply together, and warp {warp.Index} is in a warpgroup of {WarpCount % WarpsOfGroup}";
            throw warp.Fault(FaultKinds.DivergentWarp, BitOperations.TrailingZeroCount(warp.Active), problem);
        }

        while (_products.Count <= group)
        {
            _products.Add(new ProductLog());
        }

        ProductLog log = _products[group];
        int place = warp.ProductCount++ - log.Dropped;
        if (place == log.Products.Count)
        {
            ProductFactor factor = _unusedFactors.TryPop(out ProductFactor? unused) ? unused : new ProductFactor();
            factor.IsRead = false;
            log.Products.Add(new Product(operation, a, b, _checks?.Clocks.BeginProduct(Rank) ?? 0, factor));
        }

        Product product = log.Products[place];
        if (product.Operation != operation || product.A != a || product.B != b)
        {
            string what = product.Operation == operation ? $"with the descriptors 0x{product.A:x} and 0x{product.B:x}" : $"at line {product.Operation.Source.Line}";
            string problem = $"the warps of a warpgroup must execute the same product, and another one executes it {what}";
            throw warp.Fault(FaultKinds.DivergentWarp, BitOperations.TrailingZeroCount(warp.Active), problem);
        }

        warp.ProductTime = product.Time;
        Advance(log, group);
        return product.Factor;
    }

    /// <summary>A warp reads 16 bytes of shared memory for the product that it issued last.</summary>
    public void ReadFactor(Warp warp, int offset) => _checks?.ReadFactor(warp, offset, warp.ProductTime);

    /// <summary>Whether all warps of a warp's warpgroup have issued so many products.</summary>
    public bool AreIssued(Warp warp, int count) => LeastCount(warp.Index / WarpsOfGroup) >= count;

    /// <summary>Lets a warp wait until others of its warpgroup have issued more products.</summary>
    public void WaitForProducts(Warp warp, uint lanes) => _products[warp.Index / WarpsOfGroup].Waiting.Add((warp, warp.WaitToRepeat(lanes)));

    /// <summary>A warp waited for the products of its warpgroup up to a time.</summary>
    public void SeeProducts(Warp warp, uint time) => _checks?.Clocks.SeeProduct(warp, warp.Index / WarpsOfGroup, time);

    private int LeastCount(int group)
    {
        int least = int.MaxValue;
        for (int i = group * WarpsOfGroup; i < (group + 1) * WarpsOfGroup; i++)
        {
            least = Math.Min(least, _warps[i].ProductCount);
        }

        return least;
    }

    /// <summary>Drops products that all four warps issued, and lets those who wait look again.</summary>
    private void Advance(ProductLog log, int group)
    {
        int all = LeastCount(group) - log.Dropped;
        if (all == 0)
        {
            return;
        }

        foreach (Product product in log.Products.GetRange(0, all))
        {
            _unusedFactors.Push(product.Factor);
        }

        log.Products.RemoveRange(0, all);
        log.Dropped += all;
        foreach ((Warp warp, Split split) in log.Waiting)
        {
            warp.Release(split);
            MakeRunnable(warp);
        }

        log.Waiting.Clear();
    }

    private void StartProducts() => _products.Clear();

    /// <summary>No warp can go on: each product must have been issued by four warps.</summary>
    private void EndProducts()
    {
        for (int group = 0; group < _products.Count; group++)
        {
            if (_products[group].Products.Count == 0)
            {
                continue;
            }

            Warp most = _warps[group * WarpsOfGroup];
            for (int i = 1; i < WarpsOfGroup; i++)
            {
                Warp other = _warps[(group * WarpsOfGroup) + i];
                most = other.ProductCount > most.ProductCount ? other : most;
            }

            most.Origin = _products[group].Products[0].Operation.Source;
            throw most.Fault(FaultKinds.DivergentWarp, 0, "the four warps of a warpgroup must execute this together, but some of them never do");
        }
    }

    private readonly record struct Product(Operation Operation, ulong A, ulong B, uint Time, ProductFactor Factor);

    private sealed class ProductLog
    {
        /// <summary>The products that not all four warps have issued.</summary>
        public List<Product> Products { get; } = [];

        /// <summary>How many all four have issued.</summary>
        public int Dropped { get; set; }

        /// <summary>The warps that wait until others have issued more.</summary>
        public List<(Warp Warp, Split Split)> Waiting { get; } = [];
    }
}
