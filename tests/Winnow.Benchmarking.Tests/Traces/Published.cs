using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Traces;

/// <summary>Files as they are published: the fields, their order and their forms are those of the public data set, the texts are our own.</summary>
internal static class Published
{
    public const string Definition = """
        {
          "name": "gqa_paged_decode_h4_kv2_d8_ps2",
          "op_type": "gqa_paged",
          "description": "Batched grouped-query attention decode over a paged cache.",
          "tags": ["stage:decode", "status:verified", "model:llama-3.1-8b", "fi_api:flashinfer.decode.BatchDecodeWithPagedKVCacheWrapper"],
          "axes": {
            "batch_size": { "type": "var" },
            "num_qo_heads": { "type": "const", "value": 4 },
            "num_kv_heads": { "type": "const", "value": 2 },
            "head_dim": { "type": "const", "value": 8 },
            "page_size": { "type": "const", "value": 2 },
            "num_pages": { "type": "var" },
            "len_indptr": { "type": "var", "description": "Length of the kv_indptr array." },
            "num_kv_indices": { "type": "var", "description": "Total number of page indices." }
          },
          "constraints": ["len_indptr == batch_size + 1", "num_kv_indices == kv_indptr[-1].item()"],
          "inputs": {
            "q": { "shape": ["batch_size", "num_qo_heads", "head_dim"], "dtype": "bfloat16" },
            "k_cache": { "shape": ["num_pages", "page_size", "num_kv_heads", "head_dim"], "dtype": "bfloat16" },
            "v_cache": { "shape": ["num_pages", "page_size", "num_kv_heads", "head_dim"], "dtype": "bfloat16" },
            "kv_indptr": { "shape": ["len_indptr"], "dtype": "int32", "description": "Offsets of each sequence." },
            "kv_indices": { "shape": ["num_kv_indices"], "dtype": "int32", "description": "Pages." },
            "kv_last_page_len": { "shape": ["batch_size"], "dtype": "int32" },
            "sm_scale": { "shape": null, "dtype": "float32", "description": "Softmax scale." }
          },
          "outputs": {
            "output": { "shape": ["batch_size", "num_qo_heads", "head_dim"], "dtype": "bfloat16" },
            "lse": { "shape": ["batch_size", "num_qo_heads"], "dtype": "float32", "description": "The 2-based log-sum-exp." }
          },
          "reference": "import torch\n\ndef run(q, k_cache, v_cache, kv_indptr, kv_indices, kv_last_page_len, sm_scale):\n    return None, None"
        }
        """;

    public const string LatentDecode = """
        {
          "name": "mla_paged_decode_h3_ckv8_kpe4_ps2",
          "description": "Multi-head latent attention, decode over a paged cache.",
          "op_type": "mla_paged",
          "tags": ["stage:decode", "status:verified", "model:deepseek-v3", "fi_api:flashinfer.mla.BatchMLAPagedAttentionWrapper", "tp:8"],
          "axes": {
            "batch_size": { "type": "var" },
            "num_qo_heads": { "type": "const", "value": 3, "description": "Heads of one of several GPUs." },
            "head_dim_ckv": { "type": "const", "value": 8 },
            "head_dim_kpe": { "type": "const", "value": 4 },
            "page_size": { "type": "const", "value": 2 },
            "num_pages": { "type": "var" },
            "len_indptr": { "type": "var" },
            "num_kv_indices": { "type": "var" }
          },
          "constraints": ["len_indptr == batch_size + 1", "num_kv_indices == kv_indptr[-1].item()"],
          "inputs": {
            "q_nope": { "shape": ["batch_size", "num_qo_heads", "head_dim_ckv"], "dtype": "bfloat16" },
            "q_pe": { "shape": ["batch_size", "num_qo_heads", "head_dim_kpe"], "dtype": "bfloat16" },
            "ckv_cache": { "shape": ["num_pages", "page_size", "head_dim_ckv"], "dtype": "bfloat16" },
            "kpe_cache": { "shape": ["num_pages", "page_size", "head_dim_kpe"], "dtype": "bfloat16" },
            "kv_indptr": { "shape": ["len_indptr"], "dtype": "int32" },
            "kv_indices": { "shape": ["num_kv_indices"], "dtype": "int32" },
            "kv_last_page_len": { "shape": ["batch_size"], "dtype": "int32" },
            "sm_scale": { "shape": null, "dtype": "float32", "description": "By the dimensions before absorption." }
          },
          "outputs": {
            "output": { "shape": ["batch_size", "num_qo_heads", "head_dim_ckv"], "dtype": "bfloat16" },
            "lse": { "shape": ["batch_size", "num_qo_heads"], "dtype": "float32", "description": "The 2-based log-sum-exp." }
          },
          "reference": "def run(q_nope, q_pe, ckv_cache, kpe_cache, kv_indptr, kv_indices, kv_last_page_len, sm_scale):\n    return None, None"
        }
        """;

    public const string LatentPrefill = """
        {
          "name": "mla_paged_prefill_causal_h3_ckv8_kpe4_ps1",
          "description": "Multi-head latent attention, prefill over a paged cache with a causal mask.",
          "op_type": "mla_paged",
          "axes": {
            "num_qo_heads": { "type": "const", "value": 3 },
            "head_dim_ckv": { "type": "const", "value": 8 },
            "head_dim_kpe": { "type": "const", "value": 4 },
            "page_size": { "type": "const", "value": 1 },
            "total_q": { "type": "var" },
            "num_pages": { "type": "var" },
            "len_indptr": { "type": "var", "description": "batch_size + 1." },
            "num_kv_indices": { "type": "var" }
          },
          "constraints": ["total_q == qo_indptr[-1].item()", "num_kv_indices == kv_indptr[-1].item()"],
          "inputs": {
            "q_nope": { "shape": ["total_q", "num_qo_heads", "head_dim_ckv"], "dtype": "bfloat16" },
            "q_pe": { "shape": ["total_q", "num_qo_heads", "head_dim_kpe"], "dtype": "bfloat16" },
            "ckv_cache": { "shape": ["num_pages", "page_size", "head_dim_ckv"], "dtype": "bfloat16" },
            "kpe_cache": { "shape": ["num_pages", "page_size", "head_dim_kpe"], "dtype": "bfloat16" },
            "qo_indptr": { "shape": ["len_indptr"], "dtype": "int32" },
            "kv_indptr": { "shape": ["len_indptr"], "dtype": "int32" },
            "kv_indices": { "shape": ["num_kv_indices"], "dtype": "int32" },
            "sm_scale": { "shape": null, "dtype": "float32" }
          },
          "outputs": {
            "output": { "shape": ["total_q", "num_qo_heads", "head_dim_ckv"], "dtype": "bfloat16" },
            "lse": { "shape": ["total_q", "num_qo_heads"], "dtype": "float32" }
          },
          "reference": "def run(q_nope, q_pe, ckv_cache, kpe_cache, qo_indptr, kv_indptr, kv_indices, sm_scale):\n    return None, None"
        }
        """;

    public const string Sampling = """
        {
          "name": "top_k_top_p_sampling_from_probs_v12",
          "op_type": "sampling",
          "description": "Sampling from probabilities by top-k, then top-p.",
          "tags": ["status:verified", "model:llama-3.1-8b", "fi_api:flashinfer.sampling.top_k_top_p_sampling_from_probs"],
          "axes": {
            "batch_size": { "type": "var", "description": "Sequences." },
            "vocab_size": { "type": "const", "value": 12, "description": "Tokens." }
          },
          "inputs": {
            "probs": { "shape": ["batch_size", "vocab_size"], "dtype": "float32", "description": "After softmax." },
            "top_k": { "shape": ["batch_size"], "dtype": "int32" },
            "top_p": { "shape": ["batch_size"], "dtype": "float32" }
          },
          "outputs": {
            "samples": { "shape": ["batch_size"], "dtype": "int64", "description": "Tokens." }
          },
          "reference": "def run(probs, top_k, top_p):\n    return None"
        }
        """;

    public const string Experts = """
        {
          "name": "moe_fp8_block_scale_ds_routing_topk3_ng4_kg2_e4_h8_i4",
          "op_type": "moe",
          "description": "Routing and both grouped products of a mixture of experts, 8 bits with a scale for each block.",
          "tags": ["status:verified", "model:deepseek-v3", "quantization:float8_e4m3fn", "ep:3"],
          "axes": {
            "seq_len": { "type": "var" },
            "num_experts": { "type": "const", "value": 12 },
            "num_local_experts": { "type": "const", "value": 4 },
            "hidden_size": { "type": "const", "value": 8 },
            "intermediate_size": { "type": "const", "value": 4 },
            "gemm1_out_size": { "type": "const", "value": 8, "description": "2 * intermediate_size" },
            "num_hidden_blocks": { "type": "const", "value": 4 },
            "num_intermediate_blocks": { "type": "const", "value": 2 },
            "num_gemm1_out_blocks": { "type": "const", "value": 4 }
          },
          "inputs": {
            "routing_logits": { "shape": ["seq_len", "num_experts"], "dtype": "float32" },
            "routing_bias": { "shape": ["num_experts"], "dtype": "bfloat16" },
            "hidden_states": { "shape": ["seq_len", "hidden_size"], "dtype": "float8_e4m3fn" },
            "hidden_states_scale": { "shape": ["num_hidden_blocks", "seq_len"], "dtype": "float32" },
            "gemm1_weights": { "shape": ["num_local_experts", "gemm1_out_size", "hidden_size"], "dtype": "float8_e4m3fn" },
            "gemm1_weights_scale": { "shape": ["num_local_experts", "num_gemm1_out_blocks", "num_hidden_blocks"], "dtype": "float32" },
            "gemm2_weights": { "shape": ["num_local_experts", "hidden_size", "intermediate_size"], "dtype": "float8_e4m3fn" },
            "gemm2_weights_scale": { "shape": ["num_local_experts", "num_hidden_blocks", "num_intermediate_blocks"], "dtype": "float32" },
            "local_expert_offset": { "shape": null, "dtype": "int32" },
            "routed_scaling_factor": { "shape": null, "dtype": "float32" }
          },
          "outputs": {
            "output": { "shape": ["seq_len", "hidden_size"], "dtype": "bfloat16" }
          },
          "reference": "def run(routing_logits, routing_bias, hidden_states):\n    return None"
        }
        """;

    public const string Solution = """
        {
          "name": "gpt_rmsnorm_h512_cuda",
          "definition": "rmsnorm_h512",
          "author": "gpt",
          "spec": {
            "language": "cuda",
            "target_hardware": ["A800"],
            "entry_point": "main.cpp::run",
            "dependencies": ["CUTLASS_3_7"],
            "destination_passing_style": false,
            "binding": "torch"
          },
          "sources": [
            { "path": "kernel.h", "content": "#pragma once\nvoid launch();" },
            { "path": "src/kernel.cu", "content": "#include \"kernel.h\"\n__global__ void k() {}\nvoid launch() { k<<<1, 1>>>(); }" },
            { "path": "main.cpp", "content": "#include \"kernel.h\"\nvoid run() { launch(); } // \u00e9" }
          ],
          "description": "An optimized kernel."
        }
        """;

    public const string Workload = """
        {"definition": "rmsnorm_h128","solution": null,"workload": {"uuid": "e2142798-a0ce-49dd-9eaa-72727ad69f0f","axes": {"batch_size": 3},"inputs": {"hidden_states": {"type": "random"},"weight": {"type": "safetensors","path": "./blob/workloads/rmsnorm/w.safetensors","tensor_key": "weight"},"eps": {"type": "scalar","value": 1e-06},"on": {"type": "scalar","value": true}}},"evaluation": null}
        """;

    public const string Trace = """
        {"definition":"rmsnorm_h4096","workload":{"axes":{"batch_size":34},"inputs":{"hidden_states":{"type":"random"},"weight":{"type":"random"}},"uuid":"f7c3b329-5d22-491c-9635-5b5906f0f4b1"},"solution":"gpt_rmsnorm_h4096","evaluation":{"status":"PASSED","environment":{"hardware":"NVIDIA A800-SXM4-80GB","libs":{"torch":"2.9.1+cu130","triton":"3.5.1","cuda":"13.0"}},"timestamp":"2026-03-17T14:21:52.997846","log":"ninja: no work to do.\n","correctness":{"max_relative_error":0.00671140942722559,"max_absolute_error":0.00390625,"extra":null},"performance":{"latency_ms":0.028672000393271446,"reference_latency_ms":0.06843733415007591,"speedup_factor":2.386904757651173}}}
        """;

    public const string WrongTrace = """
        {"definition":"d","workload":{"axes":{},"inputs":{},"uuid":"u"},"solution":"s","evaluation":{"status":"INCORRECT_NUMERICAL","environment":{"hardware":"NVIDIA B200","libs":{}},"timestamp":"2026-03-17T14:21:52","log":"","correctness":{"max_relative_error":"NaN","max_absolute_error":"Infinity","extra":{"tvd":0.25,"counts":[1,2,"x",true,null],"deep":{"a":{}}}},"performance":null}}
        """;

    public const string FailedTrace = """
        {"definition":"d","workload":{"axes":{"M":0},"inputs":{},"uuid":"u"},"solution":"s","evaluation":{"status":"TIMEOUT","environment":{"hardware":"NVIDIA B200","libs":{"cuda":"13.0"}},"timestamp":"2026-03-17T14:21:52","log":"too long","correctness":null,"performance":null}}
        """;

    public const string ProfiledTrace = """
        {"definition":"d","workload":{"axes":{},"inputs":{},"uuid":"u"},"solution":"s","evaluation":{"status":"PASSED","environment":{"hardware":"NVIDIA B200","libs":{}},"timestamp":"t","log":"","correctness":{"max_relative_error":0,"max_absolute_error":0,"extra":null},"performance":{"latency_ms":0.5,"reference_latency_ms":0,"speedup_factor":0,"profile":[{"name":"k","duration_ns":1200,"grid":[1,1,1]}]}}}
        """;

    public static string[] Lines { get; } = [.. new[] { Workload, Trace, WrongTrace, FailedTrace, ProfiledTrace }.Select(line => line.Trim())];

    /// <summary>A text with a part of it replaced that must be there.</summary>
    public static string Edited(string text, string from, string to)
    {
        Assert.That(text, Does.Contain(from));
        return text.Replace(from, to, StringComparison.Ordinal);
    }
}
