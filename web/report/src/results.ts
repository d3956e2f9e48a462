/** The form of results.json; the records in src/Fleetwright.Scenarios/Results and docs/schemas/results.schema.json say the same. Base units. */
export interface Results {
  schema: string;
  program: string;
  status: string;
  scenario: { name: string; title: string; description: string; file: string; quarters: string[] };
  answers: Answer[];
  demand: { products: ProductDemand[]; workloads: WorkloadDemand[] };
  placement: Placement[];
  designs?: DesignOnOffer[];
  serving: WorkloadServing[];
  training: Training[];
  supply?: Supply;
  supply_problem?: string;
  assumptions: WrittenFact[];
  error_bands: ErrorBand[];
  warnings: string[];
}

export interface Answer { question: string; headline: string; detail: string }

export interface ProductDemand {
  name: string; title: string; active_users: number[]; peak_turns_per_second: number[]; prompt_tokens: number; reply_tokens: number;
}

export interface WorkloadDemand { name: string; title: string; unit: string; peak: number[] }

export interface Placement {
  product: string; title: string; device: string; device_model?: string; cloud_workload: string;
  device_share: number; phone_share: number; cloud_share: number; unserved_share: number;
  flip_prompt_tokens?: number; voice_target_seconds?: number; latency: TierLatency[];
  battery_hours?: number; battery_target_hours?: number; joules_per_turn?: number;
  ram_bytes?: number; ram_limit_bytes?: number; measured: boolean; reason: string;
}

export interface TierLatency { tier: string; p50_seconds: number; p95_seconds: number; stages: { stage: string; seconds: number }[] }

export interface DesignOnOffer {
  chip: string; title: string; node: string; die_square_millimetres: number; matrix_format: string; matrix_rate: number;
  memory_kind: string; memory_bytes: number; memory_bytes_per_second: number; power_watts: number; meter_watts: number;
  price_dollars: number; making_dollars?: number; making_dollars_low?: number; making_dollars_high?: number; one_time_dollars?: number; dollars_per_second: number;
}

export interface WorkloadServing {
  workload: string; title: string; model: string; unit: string;
  ttft_target_seconds?: number; tpot_target_seconds?: number; options: ServingOption[];
}

export interface ServingOption {
  chip: string; feasible: boolean; reason: string; layout?: string; precision?: string; chips_per_replica?: number; concurrency?: number;
  ttft_seconds?: number; ttft_p99_seconds?: number; tpot_seconds?: number; tpot_p99_seconds?: number;
  tokens_per_second_per_chip?: number; load_per_chip?: number;
  dollars_per_million?: number; dollars_per_million_low?: number; dollars_per_million_high?: number;
  joules_per_unit?: number; memory_bytes_per_chip?: number; operators?: { role: string; share: number; bound: string }[];
}

export interface Training {
  job: string; title: string; model: string; tokens: number; start: string; deadline: string; deadline_days: number;
  options: TrainingOption[]; chosen_chip?: string; finish_quarter?: string;
}

export interface TrainingOption {
  chip: string; feasible: boolean; reason: string; chips?: number; layout?: string; step_seconds?: number; mfu?: number; goodput?: number;
  days?: number; dollars?: number; joules?: number;
}

export interface Supply {
  solver: string; gap: number; futures: number; risk_weight: number; tail_level: number;
  offers: { id: string; chip: string; maker: string; site: string; country: string; packaging: string }[];
  orders: Order[];
  fleet: FleetSeries[];
  assignment: { workload: string; chip: string; chips: number[] }[];
  power_watts: number[];
  power_limit_watts: number[];
  unserved: { workload: string; share: number[] }[];
  cost: Cost;
  frontier: { risk_weight: number; expected: number; tail: number }[];
  outages: Outage[];
  value_of_stochastic_solution?: number;
  value_of_perfect_information?: number;
  sources: { site: string; country: string; expected: number; tail: number }[];
  shadow_prices: { limit: string; quarter: string; unit: string; dollars: number }[];
  future_costs: { name: string; probability: number; dollars: number; unserved_share: number }[];
}

export interface Order { quarter: string; offer: string; chip: string; maker: string; site: string; chips: number; dollars: number; delivery_quarter: string }

export interface FleetSeries { chip: string; maker: string; site: string; chips: number[] }

export interface Cost { expected: number; tail: number; chips: number; contracts: number; energy: number; operations: number; rental: number; unserved: number }

export interface Outage {
  place: string; start: string; quarters: number; lost_chips: number; unserved: { workload: string; share: number }[]; extra_cost: number; survives_quarters: number;
}

export interface WrittenFact { file: string; line: number; field: string; text: string; source: string; confidence: string; note: string }

export interface ErrorBand { subject: string; error?: number; rows: number; note: string }
