using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>The registers that every thread has without declaring them.</summary>
internal static class PtxSpecialRegister
{
    private static readonly Dictionary<string, PtxOperand> Operands = MakeOperands();

    /// <summary>The operand of a special register; null where there is none of that name.</summary>
    /// <param name="name">Its name with the percent sign and component: <c>%tid.x</c>.</param>
    public static PtxOperand? Find(string name) => Operands.GetValueOrDefault(name);

    private static Dictionary<string, PtxOperand> MakeOperands()
    {
        var operands = new Dictionary<string, PtxOperand>(StringComparer.Ordinal);
        foreach (string vector in new[] { "tid", "ntid", "ctaid", "nctaid", "clusterid", "nclusterid", "cluster_ctaid", "cluster_nctaid" })
        {
            foreach (char component in "xyzw")
            {
                Add(operands, $"%{vector}.{component}");
            }
        }

        string scalars = "laneid warpid nwarpid smid nsmid gridid lanemask_eq lanemask_le lanemask_lt lanemask_ge lanemask_gt clock clock_hi clock64 "
            + "globaltimer globaltimer_lo globaltimer_hi dynamic_smem_size total_smem_size aggr_smem_size is_explicit_cluster cluster_ctarank "
            + "cluster_nctarank reserved_smem_offset_begin reserved_smem_offset_end reserved_smem_offset_cap current_graph_exec";
        foreach (string scalar in scalars.Split(' '))
        {
            Add(operands, "%" + scalar);
        }

        for (int i = 0; i < 32; i++)
        {
            Add(operands, $"%envreg{i}");
        }

        return operands;
    }

    private static void Add(Dictionary<string, PtxOperand> operands, string name)
        => operands.Add(name, new PtxOperand { Kind = PtxOperandKind.Register, Name = name });
}
